import { defaultPageSize } from '@matryoshka/contract';
import { fleetSummary, inFleet, listFleet } from '@matryoshka/postgres';
import { type CursorScope, decodeCursor, pageOf } from '../http/cursor.ts';
import type { PlainHandlers } from '../http/incoming.ts';

export const fleetHandlers: Pick<PlainHandlers, 'fleet.summary' | 'fleet.clusters'> = {
  'fleet.summary': async ({ pool }) => {
    const { causes, ...summary } = await inFleet(pool, fleetSummary);
    return { data: { ...summary, causes: [...causes] } };
  },
  'fleet.clusters': async ({ pool }, { query }) => {
    const { cursor, limit = defaultPageSize, ...filter } = query;
    const { search, phase, tier, managementCluster, version, cause, attention } = filter;
    const scope: CursorScope = ['fleet.clusters', search, phase, tier, managementCluster, version, cause, attention];
    const after = decodeCursor(scope, cursor, ([name, id]) =>
      name === undefined || id === undefined ? undefined : ([name, id] as const),
    );
    const page = { limit: limit + 1, ...(after === undefined ? {} : { after }) };
    const rows = await inFleet(pool, async (tx) => await listFleet(tx, filter, page));
    return {
      data: pageOf(scope, rows, limit, {
        key: ({ name, id }) => [name, id],
        view: (cluster) => ({ ...cluster, createdAt: cluster.createdAt.toISOString() }),
      }),
    };
  },
};
