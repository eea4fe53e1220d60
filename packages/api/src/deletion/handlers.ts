import { clusterView, deletionPlanView, KaasError, notFound, receiptView, undoDeletion } from '@matryoshka/application';
import { defaultPageSize } from '@matryoshka/contract';
import { allResources, getReceipt, inProject, listReceipts } from '@matryoshka/postgres';
import { clusterOf } from '../cluster/handlers.ts';
import { type CursorScope, decodeCursor, pageOf } from '../http/cursor.ts';
import type { PlainHandlers, WriteHandlers } from '../http/incoming.ts';
import { pricedItems } from '../price/priced.ts';
import { writeTransaction } from '../store.ts';

export const deletionHandlers: Pick<PlainHandlers, 'deletion.plan' | 'receipt.list' | 'receipt.get'> = {
  'deletion.plan': async (context, { caller, params, query }) => {
    const cluster = await clusterOf(context, caller, params.clusterId);
    if (cluster.deleteRequestedAt !== null)
      throw new KaasError('cluster_deleting', `The cluster ${cluster.name} is being deleted already.`, {
        next: `Read its receipt: kaas receipt get ${cluster.id}`,
      });
    return await inProject(context.pool, caller, async (tx) => {
      const resources = await allResources(tx, params.clusterId);
      const plan = deletionPlanView(cluster, resources, query.volumes ?? 'keep', context.now());
      const { currency, items } = await pricedItems(tx, cluster, plan.items, context.now());
      return { data: { ...plan, currency, items: [...items] } };
    });
  },
  'receipt.list': async ({ pool }, { caller, query }) => {
    const { cursor, limit = defaultPageSize } = query;
    const scope: CursorScope = ['receipt.list', caller.projectId];
    const before = decodeCursor(scope, cursor, ([time = '', clusterId = '']) => {
      const beganAt = new Date(time);
      return Number.isNaN(beganAt.getTime()) ? undefined : { beganAt, clusterId };
    });
    const rows = await inProject(
      pool,
      caller,
      async (tx) => await listReceipts(tx, { limit: limit + 1, ...(before === undefined ? {} : { before }) }),
    );
    return {
      data: pageOf(scope, rows, limit, {
        key: ({ beganAt, clusterId }) => [beganAt.toISOString(), clusterId],
        view: receiptView,
      }),
    };
  },
  'receipt.get': async ({ pool }, { caller, params }) => {
    const receipt = await inProject(pool, caller, async (tx) => await getReceipt(tx, params.clusterId));
    if (receipt === undefined) throw notFound('receipt of a deletion of', params.clusterId);
    return { data: receiptView(receipt) };
  },
};

export const deletionWrites: Pick<WriteHandlers, 'deletion.undo'> = {
  'deletion.undo': async ({ now }, { tx, audit }, { caller, params }) => {
    const { before, after } = await undoDeletion(writeTransaction(tx), caller, params.clusterId);
    await audit({
      resource: after.id,
      before: { scheduledAt: before.deleteScheduledAt },
      after: { scheduledAt: after.deleteScheduledAt },
    });
    return { data: clusterView(after, now()), etag: after.generation };
  },
};
