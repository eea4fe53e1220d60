import { createCluster, quotaView } from '@matryoshka/application';
import { deletionItems, meteredAs } from '@matryoshka/domain';
import {
  getCluster,
  getProjectQuota,
  inProjectUndone,
  listClusters,
  listFlavors,
  operationDurations,
  quote,
} from '@matryoshka/postgres';
import type { PlainHandlers } from '../http/incoming.ts';
import { writeTransaction } from '../store.ts';

export const planHandlers: Pick<PlainHandlers, 'cluster.plan'> = {
  /** The creation itself, in a transaction that is undone: what it refuses and what it counts is exactly what the real one would. */
  'cluster.plan': async ({ pool, limits, now }, { caller, body, shape }) =>
    await inProjectUndone(pool, caller, async (tx) => {
      const { clusterId } = await createCluster(writeTransaction(tx), caller, { body, shape, limits, now: now() });
      const cluster = await getCluster(tx, clusterId);
      if (cluster === undefined) throw new Error('the planned cluster vanished');
      const quota = await getProjectQuota(tx, caller.projectId);
      const quotaItems = quotaView(quota, await listClusters(tx, { limit: 10_000 }), await listFlavors(tx)).items;
      const items = deletionItems(cluster, [], 'keep');
      const { currency, perMonth, total } = await quote(
        tx,
        items.map((item) => meteredAs(cluster, item)),
        now(),
      );
      const durations = await operationDurations(tx, 'cluster.create', cluster.tier);
      const { name, kubernetesVersion, tier } = cluster;
      return {
        data: {
          ...{ name, kubernetesVersion, tier, quota: quotaItems },
          creates: items.map(({ kind, name: of, count }, n) => ({
            kind,
            name: of,
            count,
            perMonth: perMonth[n] ?? null,
          })),
          price: currency === null ? null : { currency, ...total },
          estimate:
            durations === undefined
              ? null
              : {
                  typicalSeconds: durations.typicalSeconds,
                  slowSeconds: durations.slowSeconds,
                  basedOn: durations.known,
                },
        },
      };
    }),
};
