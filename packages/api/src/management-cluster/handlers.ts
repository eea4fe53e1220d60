import { managementClusterView, notFound, refuseViolations } from '@matryoshka/application';
import type { ManagementCluster } from '@matryoshka/contract';
import { cordonManagementCluster, listManagementClusters, type Queryable } from '@matryoshka/postgres';
import type { PlainHandlers, WriteHandlers } from '../http/incoming.ts';

type Writes = 'management-cluster.cordon' | 'management-cluster.uncordon';

export const managementClusterHandlers: Pick<PlainHandlers, 'management-cluster.list'> = {
  'management-cluster.list': async ({ pool }) => ({
    data: { items: (await listManagementClusters(pool)).map(managementClusterView) },
  }),
};

export const managementClusterWrites: Pick<WriteHandlers, Writes> = {
  'management-cluster.cordon': async (_context, { tx, audit }, { params, body, shape }) => {
    refuseViolations(shape);
    const before = await cordonManagementCluster(tx, params.managementCluster, body.reason);
    const data = await viewOf(tx, params.managementCluster);
    await audit({ resource: data.name, before, after: { cordoned: true, cordonReason: body.reason } });
    return { data };
  },
  'management-cluster.uncordon': async (_context, { tx, audit }, { params }) => {
    const before = await cordonManagementCluster(tx, params.managementCluster, null);
    const data = await viewOf(tx, params.managementCluster);
    await audit({ resource: data.name, before, after: { cordoned: false, cordonReason: null } });
    return { data };
  },
};

async function viewOf(tx: Queryable, name: string): Promise<ManagementCluster> {
  const found = (await listManagementClusters(tx)).find((one) => one.name === name);
  if (found === undefined) throw notFound('management cluster', name);
  return managementClusterView(found);
}
