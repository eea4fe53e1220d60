import { KaasError, notFound } from '@matryoshka/application';
import { defaultPageSize, type Leftover as LeftoverView } from '@matryoshka/contract';
import { getLeftover, inFleet, type Leftover, listLeftovers, removeLeftover, seeingFleet } from '@matryoshka/postgres';
import { type CursorScope, decodeCursor, pageOf } from '../http/cursor.ts';
import type { PlainHandlers, WriteHandlers } from '../http/incoming.ts';

function leftoverView(leftover: Leftover): LeftoverView {
  const { kept, removalRequestedAt, removalError, createdAt, clusterDeletedAt, foundAt, ...rest } = leftover;
  return {
    ...rest,
    createdAt: createdAt?.toISOString() ?? null,
    clusterDeletedAt: clusterDeletedAt.toISOString(),
    foundAt: foundAt.toISOString(),
    reason: kept ? 'kept' : 'left',
    removal:
      removalRequestedAt === null ? null : { requestedAt: removalRequestedAt.toISOString(), error: removalError },
  };
}

export const leftoverHandlers: Pick<PlainHandlers, 'leftover.list'> = {
  'leftover.list': async ({ pool }, { query }) => {
    const { cursor, limit = defaultPageSize } = query;
    const scope: CursorScope = ['leftover.list'];
    const after = decodeCursor(scope, cursor, ([kind, id]) =>
      kind === undefined || id === undefined ? undefined : ([kind, id] as const),
    );
    const page = { limit: limit + 1, ...(after === undefined ? {} : { after }) };
    const rows = await inFleet(pool, async (tx) => await listLeftovers(tx, page));
    return { data: pageOf(scope, rows, limit, { key: ({ kind, id }) => [kind, id], view: leftoverView }) };
  },
};

export const leftoverWrites: Pick<WriteHandlers, 'leftover.remove'> = {
  'leftover.remove': async (_context, { tx, audit }, { params }) => {
    const { kind, leftoverId } = params;
    const found = await seeingFleet(tx, async () => await getLeftover(tx, kind, leftoverId));
    if (found === undefined) throw notFound(kind, leftoverId);
    if (!(await removeLeftover(tx, kind, leftoverId)))
      throw new KaasError('leftover_kept', `The ${kind} ${found.name} was kept by its customer.`, {
        next: `Ask the owner of the project ${found.projectName}.`,
      });
    const { clusterId, projectId, name } = found;
    await audit({ resource: `${kind}/${leftoverId}`, before: { kind, name, clusterId, projectId } });
    return { data: undefined };
  },
};
