import { nodeView, notFound, recycleNode } from '@matryoshka/application';
import { defaultPageSize } from '@matryoshka/contract';
import { getNode, inProject, listNodes } from '@matryoshka/postgres';
import { clusterOf } from '../cluster/handlers.ts';
import { type CursorScope, decodeCursor, pageOf } from '../http/cursor.ts';
import type { ChangeHandlers, PlainHandlers } from '../http/incoming.ts';

export const nodeHandlers: Pick<PlainHandlers, 'node.list' | 'node.get'> = {
  'node.list': async (context, { caller, params, query }) => {
    const { clusterId } = params;
    await clusterOf(context, caller, clusterId);
    const { pool, state, cursor, limit = defaultPageSize } = query;
    const scope: CursorScope = ['node.list', caller.projectId, clusterId, pool, state];
    const after = decodeCursor(scope, cursor, ([name]) => name);
    const filter = {
      ...{ clusterId, limit: limit + 1 },
      ...(pool === undefined ? {} : { pool }),
      ...(state === undefined ? {} : { state }),
      ...(after === undefined ? {} : { after }),
    };
    const rows = await inProject(context.pool, caller, async (tx) => await listNodes(tx, filter));
    return { data: pageOf(scope, rows, limit, { key: ({ name }) => [name], view: nodeView }) };
  },
  'node.get': async (context, { caller, params }) => {
    await clusterOf(context, caller, params.clusterId);
    const node = await inProject(
      context.pool,
      caller,
      async (tx) => await getNode(tx, params.clusterId, params.nodeName),
    );
    if (node === undefined) throw notFound('node', params.nodeName);
    return { data: nodeView(node) };
  },
};

export const nodeChanges: Pick<ChangeHandlers, 'node.recycle'> = {
  'node.recycle': async (_context, tx, { caller, params, ifMatch }) =>
    await recycleNode(tx, caller, { ...params, ifMatch }),
};
