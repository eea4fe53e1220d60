/**
 * What we create outside of our database, by kind. The row is written before the creation and removed after the deletion was observed,
 * so that a crash at any moment leaves nothing we do not know of. Names are deterministic (see `ledgerName`).
 * - `application-credential`: OpenStack credential of this cluster (with whatever service user the controller needs for it)
 * - `namespace`: namespace in the management cluster and the secrets in it
 * - `cluster`: Cluster API Cluster and all that Cluster API, CAPO and Kamaji derive from it (network, router, control plane)
 * - `pool`: MachineDeployment, templates, machines
 * - `load-balancers`: what the tenant's cloud controller manager makes for Services
 * - `volumes`: what the tenant's volume controller makes for PersistentVolumeClaims
 */
export const ledgerKinds = [
  'application-credential',
  'namespace',
  'cluster',
  'pool',
  'load-balancers',
  'volumes',
] as const;
export type LedgerKind = (typeof ledgerKinds)[number];

export interface LedgerKey {
  readonly kind: LedgerKind;
  readonly name: string;
}

export interface LedgerEntry extends LedgerKey {
  readonly externalId: string | null;
  readonly createdAt: Date;
}

/** The one name that an external object of a cluster has; `pool` only for pools. */
export function ledgerName(kind: LedgerKind, clusterId: string, pool?: string): string {
  switch (kind) {
    case 'application-credential':
      return `matryoshka-${clusterId}`;
    case 'namespace':
    case 'cluster':
      return clusterId;
    case 'pool':
      return `${clusterId}-${pool ?? ''}`;
    case 'load-balancers':
      return `kube_service_${clusterId}_`;
    case 'volumes':
      return `${clusterId}-volumes`;
  }
}
