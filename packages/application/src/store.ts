import type {
  Cluster,
  ClusterSpec,
  FlavorSize,
  Operation,
  OperationKind,
  Pool,
  ProjectQuota,
  Tier,
  VolumePolicy,
} from '@matryoshka/domain';

/** The statements that changes of clusters need, bound to one transaction of one project. */
export interface WriteTransaction {
  /** Keeps other writes of this project out until the end, so that limits hold under concurrency. */
  lockProject(projectId: string): Promise<void>;
  listVersions(): Promise<
    readonly {
      readonly version: string;
      readonly state: 'offered' | 'deprecated' | 'withdrawn';
      readonly imageId: string | null;
      readonly isDefault: boolean;
    }[]
  >;
  listFlavors(): Promise<readonly FlavorSize[]>;
  getQuota(projectId: string): Promise<ProjectQuota | undefined>;
  listAllClusters(): Promise<readonly Cluster[]>;
  getClusterForUpdate(id: string): Promise<Cluster | undefined>;
  insertCluster(cluster: ClusterSpec & { readonly id: string; readonly projectId: string }): Promise<void>;
  insertPool(cluster: { readonly id: string; readonly projectId: string }, pool: Pool): Promise<void>;
  updatePool(clusterId: string, pool: Pool): Promise<void>;
  deletePool(clusterId: string, name: string): Promise<void>;
  /** Answers the new generation. */
  bumpCluster(
    id: string,
    change?: { readonly tier?: Tier; readonly deleted?: { readonly volumes: VolumePolicy } },
  ): Promise<number>;
  insertOperation(operation: {
    readonly kind: OperationKind;
    readonly clusterId: string;
    readonly projectId: string;
    readonly generation: number;
    readonly message: string;
    readonly requestedBy: string;
    readonly requestId: string;
  }): Promise<Operation>;
  findRunningDeletion(clusterId: string): Promise<Operation | undefined>;
  supersedeOperations(clusterId: string, message: string): Promise<readonly string[]>;
  appendEvent(event: {
    readonly projectId: string;
    readonly clusterId: string;
    readonly operationId?: string;
    readonly type: string;
    readonly data: Readonly<Record<string, unknown>>;
  }): Promise<void>;
  audit(record: {
    readonly projectId: string;
    readonly userId: string;
    readonly userName: string;
    readonly action: string;
    readonly resource: string;
    readonly requestId: string;
    readonly remoteAddress: string;
    readonly before?: unknown;
    readonly after?: unknown;
  }): Promise<void>;
  newClusterId(): string;
}
