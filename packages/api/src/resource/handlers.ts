import { resourceView } from '@matryoshka/application';
import { defaultPageSize } from '@matryoshka/contract';
import { inProject, listResources } from '@matryoshka/postgres';
import { clusterOf } from '../cluster/handlers.ts';
import { type CursorScope, decodeCursor, pageOf } from '../http/cursor.ts';
import type { PlainHandlers } from '../http/incoming.ts';

export const resourceHandlers: Pick<PlainHandlers, 'resource.list'> = {
  'resource.list': async (context, { caller, params, query }) => {
    const { clusterId } = params;
    await clusterOf(context, caller, clusterId);
    const { cursor, limit = defaultPageSize } = query;
    const scope: CursorScope = ['resource.list', caller.projectId, clusterId];
    const after = decodeCursor(scope, cursor, ([kind, name, id]) =>
      kind === undefined || name === undefined || id === undefined ? undefined : ([kind, name, id] as const),
    );
    const rows = await inProject(
      context.pool,
      caller,
      async (tx) => await listResources(tx, clusterId, { limit: limit + 1, ...(after === undefined ? {} : { after }) }),
    );
    return {
      data: pageOf(scope, rows, limit, { key: ({ kind, name, id }) => [kind, name, id], view: resourceView }),
    };
  },
};
