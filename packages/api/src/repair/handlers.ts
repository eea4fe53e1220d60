import { repairView } from '@matryoshka/application';
import { defaultPageSize } from '@matryoshka/contract';
import { inProject, listRepairs } from '@matryoshka/postgres';
import { clusterOf } from '../cluster/handlers.ts';
import { type CursorScope, decodeCursor, pageOf } from '../http/cursor.ts';
import type { PlainHandlers } from '../http/incoming.ts';

export const repairHandlers: Pick<PlainHandlers, 'repair.list'> = {
  'repair.list': async (context, { caller, params, query }) => {
    const { clusterId } = params;
    await clusterOf(context, caller, clusterId);
    const { cursor, limit = defaultPageSize } = query;
    const scope: CursorScope = ['repair.list', caller.projectId, clusterId];
    const before = decodeCursor(scope, cursor, readKey);
    const filter = { clusterId, limit: limit + 1, ...(before === undefined ? {} : { before }) };
    const rows = await inProject(context.pool, caller, async (tx) => await listRepairs(tx, filter));
    return { data: pageOf(scope, rows, limit, { key: ({ at, node }) => [at.toISOString(), node], view: repairView }) };
  },
};

/** The last row of the page before. */
function readKey([time = '', node]: readonly string[]): { readonly at: Date; readonly node: string } | undefined {
  const at = new Date(time);
  if (node === undefined || Number.isNaN(at.getTime()) || at.toISOString() !== time) return undefined;
  return { at, node };
}
