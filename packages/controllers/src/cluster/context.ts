import type { Cluster, ClusterPlan, ObservedCluster } from '@matryoshka/domain';
import type { KubeClient } from '@matryoshka/kube';
import type { Cloud, Credentials } from '@matryoshka/openstack';
import type { Logger } from '@matryoshka/system';
import type { ClusterSettings } from '../config.ts';
import type { VolumeTypes } from './manifests/input.ts';
import type { ClusterStore } from './ports.ts';
import type { TenantClients } from './tenant-clients.ts';

/** Everything a reconciliation works with; made once per process. */
export interface ClusterContext {
  /** Decides what to do; pure (planCluster of the domain). */
  readonly plan: (cluster: Cluster, observed: ObservedCluster, now: Date) => ClusterPlan;
  readonly management: KubeClient;
  /** The cloud as provider's administrator. */
  readonly cloud: Cloud;
  /** Another login to the same cloud. */
  readonly connect: (credentials: Credentials) => Cloud;
  readonly store: ClusterStore;
  readonly tenants: TenantClients;
  readonly settings: ClusterSettings;
  readonly log: Logger;
  readonly now: () => Date;
  /** Id of the provider network, asked once. */
  readonly externalNetworkId: (signal?: AbortSignal) => Promise<string>;
  /** Asked every few minutes. */
  readonly volumeTypes: (signal?: AbortSignal) => Promise<VolumeTypes>;
}
