import {
  type Caller,
  clusterView,
  createCluster,
  deleteCluster,
  notFound,
  refuseViolations,
  updateCluster,
} from '@matryoshka/application';
import { defaultPageSize } from '@matryoshka/contract';
import { type Cluster, type LabelRequirement, parseSelector } from '@matryoshka/domain';
import { getCluster, inProject, listClusters } from '@matryoshka/postgres';
import type { ApiContext } from '../context.ts';
import { type CursorScope, decodeCursor, pageOf } from '../http/cursor.ts';
import type { ChangeHandlers, PlainHandlers } from '../http/incoming.ts';
import { readKubeconfig } from './kubeconfig.ts';

/** A cluster of the caller's project. Throws `not_found`. */
export async function clusterOf({ pool }: ApiContext, caller: Caller, clusterId: string): Promise<Cluster> {
  const cluster = await inProject(pool, caller, async (tx) => await getCluster(tx, clusterId));
  if (cluster === undefined) throw notFound('cluster', clusterId);
  return cluster;
}

/** Throws `validation_failed`. */
function requirementsOf(selector: string | undefined): readonly LabelRequirement[] | undefined {
  const requirements = selector === undefined ? undefined : parseSelector(selector);
  const message =
    'must be requirements with commas between: key=value, key!=value, key in (a,b), key notin (a,b), key, !key';
  if (selector !== undefined && requirements === undefined)
    refuseViolations([{ pointer: '?selector', code: 'invalid_selector', message }]);
  return requirements;
}

export const clusterHandlers: Pick<PlainHandlers, 'cluster.list' | 'cluster.get' | 'cluster.kubeconfig'> = {
  'cluster.list': async ({ pool, now }, { caller, query }) => {
    const { name, selector, cursor, limit = defaultPageSize } = query;
    const requirements = requirementsOf(selector);
    const scope: CursorScope = ['cluster.list', caller.projectId, name, selector];
    const after = decodeCursor(scope, cursor, ([key]) => key);
    const rows = await inProject(
      pool,
      caller,
      async (tx) =>
        await listClusters(tx, {
          limit: limit + 1,
          ...(name === undefined ? {} : { name }),
          ...(requirements === undefined ? {} : { selector: requirements }),
          ...(after === undefined ? {} : { after }),
        }),
    );
    return { data: pageOf(scope, rows, limit, { key: (row) => [row.name], view: (row) => clusterView(row, now()) }) };
  },
  'cluster.get': async (context, { caller, params }) => {
    const cluster = await clusterOf(context, caller, params.clusterId);
    return { data: clusterView(cluster, context.now()), etag: cluster.generation };
  },
  'cluster.kubeconfig': async (context, { caller, params }) => ({
    data: await readKubeconfig(context, caller, params.clusterId),
  }),
};

export const clusterChanges: Pick<ChangeHandlers, 'cluster.create' | 'cluster.update' | 'cluster.delete'> = {
  'cluster.create': async ({ limits, issuerUrl, now }, tx, { caller, body, shape }) =>
    await createCluster(tx, caller, { body, shape, limits, issuerUrl, now: now() }),
  'cluster.update': async ({ issuerUrl, now }, tx, { caller, params, body, shape, ifMatch }) =>
    await updateCluster(tx, caller, { clusterId: params.clusterId, body, shape, ifMatch, issuerUrl, now: now() }),
  'cluster.delete': async ({ now }, tx, { caller, params, query, ifMatch }) =>
    await deleteCluster(tx, caller, { clusterId: params.clusterId, ...query, ifMatch, now: now() }),
};
