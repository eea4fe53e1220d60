import { KaasError, notFound } from '@matryoshka/application';
import { defaultPageSize, type Leftover as LeftoverView } from '@matryoshka/contract';
import {
  adoptLeftover,
  getLeftover,
  inFleet,
  type Leftover,
  listLeftovers,
  removeLeftover,
  seeingFleet,
} from '@matryoshka/postgres';
import { type CursorScope, decodeCursor, pageOf } from '../http/cursor.ts';
import type { PlainHandlers, WriteHandlers } from '../http/incoming.ts';

function leftoverView(leftover: Leftover): LeftoverView {
  const { kept, removalRequestedAt, removalError, createdAt, clusterDeletedAt, foundAt, ...more } = leftover;
  const { adopterId, adopterName, adoptionRequestedAt, adoptionError, ...rest } = more;
  return {
    ...rest,
    createdAt: createdAt?.toISOString() ?? null,
    clusterDeletedAt: clusterDeletedAt.toISOString(),
    foundAt: foundAt.toISOString(),
    reason: kept ? 'kept' : 'left',
    removal:
      removalRequestedAt === null ? null : { requestedAt: removalRequestedAt.toISOString(), error: removalError },
    adoption:
      adopterId === null || adopterName === null || adoptionRequestedAt === null
        ? null
        : {
            ...{ clusterId: adopterId, clusterName: adopterName },
            ...{ requestedAt: adoptionRequestedAt.toISOString(), error: adoptionError },
          },
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

export const leftoverWrites: Pick<WriteHandlers, 'leftover.remove' | 'leftover.adopt'> = {
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
  'leftover.adopt': async (_context, { tx, audit }, { params, body }) => {
    const { kind, leftoverId } = params;
    const found = await seeingFleet(tx, async () => await getLeftover(tx, kind, leftoverId));
    if (found === undefined) throw notFound(kind, leftoverId);
    const to = body.clusterId;
    if (!(await adoptLeftover(tx, kind, leftoverId, to)))
      throw new KaasError('leftover_not_adoptable', `The ${kind} ${found.name} cannot become part of ${to}.`, {
        next:
          kind === 'volume' || kind === 'volume-snapshot'
            ? `Name a cluster of the project ${found.projectName} that is not being deleted. See: kaas fleet clusters`
            : `Remove it: kaas fleet remove-leftover ${kind} ${leftoverId}`,
      });
    const { clusterId, projectId, name } = found;
    const resource = `${kind}/${leftoverId}`;
    await audit({ resource, before: { kind, name, clusterId, projectId }, after: { clusterId: to } });
    return { data: undefined };
  },
};
