import type { ManagementCluster } from '@matryoshka/contract';
import { demandOf, type ManagementClusterRoom, placeControlPlane } from '@matryoshka/domain';

/** A management cluster as it is stored. */
export type ManagementClusterFacts = Omit<ManagementClusterRoom, 'dataStores'> & {
  readonly region: string;
  readonly cordonReason: string | null;
  readonly observedAt: Date | null;
  readonly dataStores: readonly (ManagementClusterRoom['dataStores'][number] & {
    readonly connections: number | null;
    readonly archivedFrom: Date | null;
    readonly archiveFailing: boolean;
  })[];
};

export function managementClusterView(facts: ManagementClusterFacts): ManagementCluster {
  const { name, region, cordoned, fresh, cordonReason, nodes, capacity, reserved, dataStores, observedAt } = facts;
  const tenants = dataStores.map((store) => store.tenants);
  const taken = demandOf(tenants);
  const [standard, ha] = [placeControlPlane([facts], 'standard'), placeControlPlane([facts], 'ha')];
  return {
    name,
    region,
    state: cordoned ? 'cordoned' : fresh ? 'active' : 'silent',
    cordonReason,
    nodes,
    tenants: {
      standard: tenants.reduce((all, tenant) => all + tenant.standard, 0),
      ha: tenants.reduce((all, tenant) => all + tenant.ha, 0),
    },
    capacity: capacity === null ? null : { ...capacity },
    used: {
      cpuMillis: reserved.cpuMillis + taken.cpuMillis,
      memoryMib: reserved.memoryMib + taken.memoryMib,
      pods: reserved.pods + taken.pods,
    },
    room: { standard: 'place' in standard, ha: 'place' in ha },
    full: 'place' in standard ? null : (standard.refused[0]?.why ?? null),
    dataStores: dataStores.map((store) => ({
      name: store.name,
      tenants: { ...store.tenants },
      maxTenants: store.maxTenants,
      reservedConnections: demandOf([store.tenants]).connections,
      maxConnections: store.maxConnections,
      connections: store.connections,
      bytes: store.bytes,
      maxBytes: store.maxBytes,
      archivedFrom: store.archivedFrom?.toISOString() ?? null,
      archiveFailing: store.archiveFailing,
    })),
    observedAt: observedAt === null ? null : observedAt.toISOString(),
  };
}
