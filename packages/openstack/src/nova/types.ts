export interface Flavor {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  /** MiB */
  readonly ram: number;
  /** GiB */
  readonly disk: number;
  readonly 'os-flavor-access:is_public'?: boolean;
  readonly extra_specs?: Readonly<Record<string, string>>;
}

export type ServerStatus =
  | 'ACTIVE'
  | 'BUILD'
  | 'DELETED'
  | 'ERROR'
  | 'HARD_REBOOT'
  | 'REBOOT'
  | 'REBUILD'
  | 'SHUTOFF'
  | (string & {});

export interface ServerAddress {
  readonly addr: string;
  readonly version: 4 | 6;
  readonly 'OS-EXT-IPS:type'?: 'fixed' | 'floating';
  readonly 'OS-EXT-IPS-MAC:mac_addr'?: string;
}

export interface Server {
  readonly id: string;
  readonly name: string;
  readonly status: ServerStatus;
  readonly tenant_id: string;
  readonly user_id: string;
  readonly created: string;
  readonly updated: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly addresses: Readonly<Record<string, readonly ServerAddress[]>>;
  readonly flavor: Readonly<Record<string, unknown>>;
  readonly image: { readonly id: string } | '';
  readonly key_name: string | null;
  readonly tags?: readonly string[];
  /** Why it is in ERROR. */
  readonly fault?: {
    readonly code: number;
    readonly message: string;
    readonly details?: string;
    readonly created: string;
  };
  readonly 'OS-EXT-STS:task_state'?: string | null;
  readonly 'OS-EXT-STS:vm_state'?: string;
  readonly 'OS-EXT-AZ:availability_zone'?: string;
}

export interface CreateServer {
  readonly name: string;
  readonly flavorRef: string;
  readonly imageRef: string;
  readonly networks:
    | readonly ({ readonly port: string } | { readonly uuid: string; readonly fixed_ip?: string })[]
    | 'auto'
    | 'none';
  readonly key_name?: string;
  /** base64, at most 64 KiB before encoding (Nova API reference, "Create server") */
  readonly user_data?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly config_drive?: boolean;
  readonly availability_zone?: string;
  readonly security_groups?: readonly { readonly name: string }[];
  readonly tags?: readonly string[];
}

export interface Keypair {
  readonly name: string;
  readonly public_key: string;
  readonly fingerprint: string;
  readonly type?: 'ssh' | 'x509';
}

export interface ServerGroup {
  readonly id: string;
  readonly name: string;
  readonly policy: 'affinity' | 'anti-affinity' | 'soft-affinity' | 'soft-anti-affinity';
  readonly members: readonly string[];
}

/** `GET /limits`: what the project may have and has; −1 means no limit. */
export interface ComputeLimits {
  readonly maxTotalInstances: number;
  readonly maxTotalCores: number;
  readonly maxTotalRAMSize: number;
  readonly totalInstancesUsed: number;
  readonly totalCoresUsed: number;
  readonly totalRAMUsed: number;
  readonly maxServerGroups?: number;
  readonly totalServerGroupsUsed?: number;
  readonly maxTotalKeypairs?: number;
}

export interface ComputeQuota {
  readonly instances: number;
  readonly cores: number;
  readonly ram: number;
  readonly server_groups?: number;
  readonly key_pairs?: number;
}
