import { createPool, deletePool, notFound, poolView, updatePool } from '@matryoshka/application';
import { clusterOf } from '../cluster/handlers.ts';
import type { ChangeHandlers, PlainHandlers } from '../http/incoming.ts';

export const poolHandlers: Pick<PlainHandlers, 'pool.list' | 'pool.get'> = {
  'pool.list': async (context, { caller, params }) => {
    const cluster = await clusterOf(context, caller, params.clusterId);
    return { data: { items: cluster.pools.map((pool) => poolView(cluster, pool)) }, etag: cluster.generation };
  },
  'pool.get': async (context, { caller, params }) => {
    const cluster = await clusterOf(context, caller, params.clusterId);
    const pool = cluster.pools.find((candidate) => candidate.name === params.poolName);
    if (pool === undefined) throw notFound('pool', params.poolName);
    return { data: poolView(cluster, pool), etag: cluster.generation };
  },
};

export const poolChanges: Pick<ChangeHandlers, 'pool.create' | 'pool.update' | 'pool.delete'> = {
  'pool.create': async ({ limits }, tx, { caller, params, body, shape, ifMatch }) =>
    await createPool(tx, caller, { clusterId: params.clusterId, ifMatch, limits, body, shape }),
  'pool.update': async ({ limits }, tx, { caller, params, body, shape, ifMatch }) =>
    await updatePool(tx, caller, { ...params, ifMatch, limits, body, shape }),
  'pool.delete': async (_context, tx, { caller, params, ifMatch }) =>
    await deletePool(tx, caller, { ...params, ifMatch }),
};
