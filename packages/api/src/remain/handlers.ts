import { KaasError, notFound, refuseViolations } from '@matryoshka/application';
import { defaultPageSize } from '@matryoshka/contract';
import { dismissRemain, forceDeletion, inFleet, listRemains } from '@matryoshka/postgres';
import { type CursorScope, decodeCursor, pageOf } from '../http/cursor.ts';
import type { PlainHandlers, WriteHandlers } from '../http/incoming.ts';

export const remainHandlers: Pick<PlainHandlers, 'remain.list'> = {
  'remain.list': async ({ pool }, { query }) => {
    const { cursor, limit = defaultPageSize } = query;
    const scope: CursorScope = ['remain.list'];
    const after = decodeCursor(scope, cursor, ([clusterId, kind, name]) =>
      clusterId === undefined || kind === undefined || name === undefined
        ? undefined
        : ([clusterId, kind, name] as const),
    );
    const page = { limit: limit + 1, ...(after === undefined ? {} : { after }) };
    const rows = await inFleet(pool, async (tx) => await listRemains(tx, page));
    return {
      data: pageOf(scope, rows, limit, {
        key: ({ clusterId, kind, name }) => [clusterId, kind, name],
        view: (remain) => ({
          ...remain,
          createdAt: remain.createdAt.toISOString(),
          forcedAt: remain.forcedAt.toISOString(),
        }),
      }),
    };
  },
};

export const remainWrites: Pick<WriteHandlers, 'deletion.force' | 'remain.dismiss'> = {
  'deletion.force': async (_context, { tx, audit }, { params, body, shape }) => {
    refuseViolations(shape);
    const { clusterId } = params;
    const forced = await forceDeletion(tx, clusterId, body.reason);
    if (forced === undefined) throw notFound('cluster', clusterId);
    if (!forced)
      throw new KaasError('not_deleting', `The cluster ${clusterId} is not being deleted.`, {
        next: 'Its customer deletes it: kaas cluster delete. Only a deletion that hangs is ended by force.',
      });
    await audit({ resource: clusterId, after: { reason: body.reason } });
    return { data: undefined };
  },
  'remain.dismiss': async (_context, { tx, audit }, { params: { clusterId }, body, shape }) => {
    refuseViolations(shape);
    const { kind, name } = body;
    if (!(await dismissRemain(tx, { clusterId, kind, name }))) throw notFound(kind, name);
    await audit({ resource: clusterId, before: { kind, name } });
    return { data: undefined };
  },
};
