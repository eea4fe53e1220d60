import { repairView } from '@matryoshka/application';
import { defaultPageSize } from '@matryoshka/contract';
import { inProject, listRepairs } from '@matryoshka/postgres';
import { clusterOf } from '../cluster/handlers.ts';
import { type CursorScope, decodeCursor, pageOf, readTimeKey } from '../http/cursor.ts';
import type { PlainHandlers } from '../http/incoming.ts';

export const repairHandlers: Pick<PlainHandlers, 'repair.list'> = {
  'repair.list': async (context, { caller, params, query }) => {
    const { clusterId } = params;
    await clusterOf(context, caller, clusterId);
    const { cursor, limit = defaultPageSize } = query;
    const scope: CursorScope = ['repair.list', caller.projectId, clusterId];
    const before = decodeCursor(scope, cursor, (key) => {
      const last = readTimeKey(key);
      return last === undefined ? undefined : { at: last.at, node: last.id };
    });
    const filter = { clusterId, limit: limit + 1, ...(before === undefined ? {} : { before }) };
    const rows = await inProject(context.pool, caller, async (tx) => await listRepairs(tx, filter));
    return { data: pageOf(scope, rows, limit, { key: ({ at, node }) => [at.toISOString(), node], view: repairView }) };
  },
};
