import type { MachineNic } from '../engine/lxc/index.ts';

export interface PortRequest {
  readonly projectId: string;
  readonly networkId?: string;
  readonly portId?: string;
  readonly fixedIp?: string;
  readonly serverId: string;
  readonly serverName: string;
  /** Names or ids. */
  readonly securityGroups?: readonly string[];
  readonly availabilityZone: string;
}

export interface ServerPort {
  readonly id: string;
  readonly networkId: string;
  readonly networkName: string;
  readonly macAddress: string;
  readonly fixedIps: readonly { readonly subnetId: string; readonly ipAddress: string }[];
  readonly floatingIps: readonly string[];
  readonly securityGroups: readonly { readonly id: string; readonly name: string }[];
}

/** What Nova needs of Neutron, in-process. */
export interface ServerNetworking {
  /** Whether there is such a port, whoever's it is. */
  hasPort(portId: string): boolean;
  /** Makes or binds a port and answers its id; undefined where none was asked for and there is no network. Throws ApiError 400, 404 or 409 in Nova's words. */
  createPortForServer(request: PortRequest): string | undefined;
  portsOfDevice(serverId: string): readonly ServerPort[];
  /** Deletes ports made for the server, unbinds those that were given. Repeatable. */
  unbindOrDeletePorts(serverId: string): unknown;
  /** The same for one port of the server. */
  unbindOrDeletePort(serverId: string, portId: string): void;
  /** Puts every port of a server into a group (name or id), or takes it out. Throws ApiError 404 or 409. */
  changeSecurityGroup(serverId: string, projectId: string, change: 'add' | 'remove', group: string): void;
  serverByAddress(networkId: string, fixedIp: string): string | undefined;
  networkDataOf(serverId: string): unknown;
  readonly network: {
    readonly switchNamespace: string;
    plugInfo(portId: string): MachineNic;
    /** The bridge and its filters stand when this resolves. */
    prepare(portId: string): Promise<void>;
    afterServerStarted(portId: string): Promise<void>;
    afterServerStopped(portId: string): Promise<void>;
  };
}
