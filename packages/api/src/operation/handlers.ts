import { cancelOperation, notFound, operationView } from '@matryoshka/application';
import { defaultPageSize } from '@matryoshka/contract';
import { getOperation, inProject, listOperations } from '@matryoshka/postgres';
import { type CursorScope, decodeCursor, pageOf, readTimeKey } from '../http/cursor.ts';
import type { ChangeHandlers, PlainHandlers } from '../http/incoming.ts';

export const operationHandlers: Pick<PlainHandlers, 'operation.list' | 'operation.get'> = {
  'operation.list': async ({ pool }, { caller, query }) => {
    const { clusterId, state, cursor, limit = defaultPageSize } = query;
    const scope: CursorScope = ['operation.list', caller.projectId, clusterId, state];
    const before = decodeCursor(scope, cursor, (key) => {
      const last = readTimeKey(key);
      return last === undefined ? undefined : { createdAt: last.at, id: last.id };
    });
    const rows = await inProject(
      pool,
      caller,
      async (tx) =>
        await listOperations(tx, {
          limit: limit + 1,
          ...(clusterId === undefined ? {} : { clusterId }),
          ...(state === undefined ? {} : { state }),
          ...(before === undefined ? {} : { before }),
        }),
    );
    const key = (row: (typeof rows)[number]) => [row.createdAt.toISOString(), row.id];
    return { data: pageOf(scope, rows, limit, { key, view: operationView }) };
  },
  'operation.get': async ({ pool }, { caller, params }) => {
    const operation = await inProject(pool, caller, async (tx) => await getOperation(tx, params.operationId));
    if (operation === undefined) throw notFound('operation', params.operationId);
    return { data: operationView(operation) };
  },
};

export const operationChanges: Pick<ChangeHandlers, 'operation.cancel'> = {
  'operation.cancel': async ({ limits, issuerUrl, now }, tx, { caller, params }) =>
    await cancelOperation(tx, caller, { operationId: params.operationId, limits, issuerUrl, now: now() }),
};
