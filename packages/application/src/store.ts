import type {
  AccessSettings,
  Backup,
  BackupReason,
  BackupSettings,
  Cluster,
  ClusterSpec,
  DeletionItem,
  DeletionSettings,
  FlavorSize,
  HibernationSettings,
  MaintenanceSettings,
  ManagementClusterRoom,
  Operation,
  OperationKind,
  OperationUndo,
  Place,
  Pool,
  ProjectQuota,
  Resource,
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
  /** Where control planes may be; nobody else places one until the end. */
  lockRooms(): Promise<readonly ManagementClusterRoom[]>;
  insertCluster(
    cluster: ClusterSpec & { readonly id: string; readonly projectId: string; readonly place: Place },
  ): Promise<void>;
  insertPool(cluster: { readonly id: string; readonly projectId: string }, pool: Pool): Promise<void>;
  updatePool(clusterId: string, pool: Pool): Promise<void>;
  deletePool(clusterId: string, name: string): Promise<void>;
  /** A worker shall be replaced; false: there is none of that name. */
  requestRecycling(clusterId: string, name: string): Promise<boolean>;
  /** Answers the new generation. */
  bumpCluster(
    id: string,
    change?: {
      readonly tier?: Tier;
      readonly labels?: Readonly<Record<string, string>>;
      readonly deletion?: DeletionSettings;
      readonly access?: AccessSettings;
      readonly kubernetesVersion?: string;
      readonly maintenance?: MaintenanceSettings;
      readonly hibernation?: HibernationSettings & { readonly decidedAt: Date };
      readonly backup?: BackupSettings;
      readonly restore?: { readonly backupId: string; readonly at: Date } | null;
      readonly renewBefore?: Date;
      readonly rotation?: 'preparing' | 'completing';
      readonly credentialBefore?: Date;
      readonly encryptionBefore?: Date;
      readonly newAccessEpoch?: true;
      readonly deleted?: { readonly volumes: VolumePolicy };
    },
  ): Promise<number>;
  getBackup(where: { readonly clusterId: string; readonly id: string }): Promise<Backup | undefined>;
  insertBackup(
    cluster: Cluster,
    wish: { readonly reason: BackupReason; readonly requestedBy: string; readonly at: Date; readonly moment?: Date },
  ): Promise<Backup>;
  /** Backups of a cluster that somebody asked for, and that have not failed. */
  countRequestedBackups(clusterId: string): Promise<number>;
  /** When the schedule last had one made; undefined: never. */
  lastScheduledBackup(clusterId: string): Promise<Date | undefined>;
  /** Where a management cluster keeps backups; null: nowhere. */
  backupPlace(managementCluster: string): Promise<string | null>;
  /** A deletion shall begin then; null: not any more. */
  scheduleDeletion(id: string, scheduled: { readonly at: Date; readonly volumes: VolumePolicy } | null): Promise<void>;
  /** Everything Kubernetes made for a cluster, as it was seen last. */
  listAllResources(clusterId: string): Promise<readonly Resource[]>;
  insertReceipt(receipt: {
    readonly clusterId: string;
    readonly projectId: string;
    readonly clusterName: string;
    readonly operationId: string;
    readonly requestedBy: string;
    readonly volumes: VolumePolicy;
    readonly items: readonly DeletionItem[];
  }): Promise<void>;
  insertOperation(operation: {
    readonly kind: OperationKind;
    readonly clusterId: string;
    readonly projectId: string;
    readonly generation: number;
    readonly message: string;
    readonly requestedBy: string;
    readonly requestId: string;
    readonly startsAt?: Date;
    readonly undo?: OperationUndo;
  }): Promise<Operation>;
  getOperation(id: string): Promise<Operation | undefined>;
  /** An operation that waited begins. */
  supersedeOperation(id: string, message: string): Promise<void>;
  startOperation(id: string, generation: number, message: string): Promise<void>;
  findRunningDeletion(clusterId: string): Promise<Operation | undefined>;
  supersedeOperations(clusterId: string, message: string, but?: string): Promise<readonly string[]>;
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
