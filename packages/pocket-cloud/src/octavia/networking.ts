import type { LegSpec } from '../engine/network/index.ts';

export interface VipRequest {
  readonly projectId: string;
  readonly loadBalancerId: string;
  readonly portId?: string;
  readonly subnetId?: string;
  readonly networkId?: string;
  readonly address?: string;
}

export interface VipPort {
  readonly portId: string;
  readonly networkId: string;
  readonly subnetId: string;
  readonly address: string;
}

/** What Octavia needs of Neutron, in-process. Synchronous parts run inside Octavia's own transaction. */
export interface VipNetworking {
  /** Makes the VIP port, or takes the one that was given. Throws ApiError 400, 404 or 409. */
  createVipPort(request: VipRequest): VipPort;
  /** Makes the ports of the nodes that carry the VIP in turn, in its subnet; answers their ids. They belong to no project and count against no quota. */
  createNodePorts(request: {
    readonly loadBalancerId: string;
    readonly vip: VipPort;
    readonly count: number;
  }): readonly string[];
  /** Deletes them. Repeatable. */
  releaseNodePorts(loadBalancerId: string): void;
  /** Deletes the port when Octavia made it, unbinds it otherwise. Repeatable. */
  releaseVipPort(portId: string, loadBalancerId: string): void;
  vipLeg(portId: string): { readonly leg: LegSpec; readonly bridge: string; readonly nexthop: string | null };
  /** Resolves when the port's bridge stands. */
  prepare(portId: string): Promise<void>;
  subnetExists(subnetId: string): boolean;
}
