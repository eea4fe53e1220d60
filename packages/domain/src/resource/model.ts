/** What a cluster's Services and PersistentVolumeClaims make in the customer's project. */
export const resourceKinds = ['load-balancer', 'floating-ip', 'volume', 'volume-snapshot'] as const;
export type ResourceKind = (typeof resourceKinds)[number];

export interface Resource {
  readonly clusterId: string;
  readonly projectId: string;
  readonly kind: ResourceKind;
  /** Its id in OpenStack. */
  readonly id: string;
  readonly name: string;
  /** In the words of its OpenStack service. */
  readonly status: string;
  /** What in the cluster it was made for, e.g. `Service default/web`; null when that cannot be told. */
  readonly usedBy: string | null;
  readonly address: string | null;
  readonly sizeGib: number | null;
  readonly createdAt: Date | null;
}
