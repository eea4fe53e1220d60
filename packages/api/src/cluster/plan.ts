import { createCluster, quotaView } from '@matryoshka/application';
import type { Estimate } from '@matryoshka/contract';
import { deletionItems } from '@matryoshka/domain';
import {
  getCluster,
  getProjectQuota,
  inProjectUndone,
  listClusters,
  listFlavors,
  operationDurations,
} from '@matryoshka/postgres';
import type { PlainHandlers } from '../http/incoming.ts';
import { pricedItems } from '../price/priced.ts';
import { writeTransaction } from '../store.ts';

/** How long it will take, as far as operations like it were measured. */
export function estimateView(durations: Awaited<ReturnType<typeof operationDurations>>): Estimate | null {
  if (durations === undefined) return null;
  const { typicalSeconds, slowSeconds, known: basedOn } = durations;
  return { typicalSeconds, slowSeconds, basedOn };
}

export const planHandlers: Pick<PlainHandlers, 'cluster.plan'> = {
  /** The creation itself, in a transaction that is undone: what it refuses and what it counts is exactly what the real one would. */
  'cluster.plan': async ({ pool, limits, issuerUrl, now }, { caller, body, shape }) =>
    await inProjectUndone(pool, caller, async (tx) => {
      const { clusterId } = await createCluster(writeTransaction(tx), caller, {
        ...{ body, shape, limits, issuerUrl },
        now: now(),
      });
      const cluster = await getCluster(tx, clusterId);
      if (cluster === undefined) throw new Error('the planned cluster vanished');
      const quota = await getProjectQuota(tx, caller.projectId);
      const quotaItems = quotaView(quota, await listClusters(tx, { limit: 10_000 }), await listFlavors(tx)).items;
      const { items, currency, total } = await pricedItems(tx, cluster, deletionItems(cluster, [], 'keep'), now());
      const durations = await operationDurations(tx, 'cluster.create', cluster.tier);
      const { name, kubernetesVersion, tier } = cluster;
      return {
        data: {
          ...{ name, kubernetesVersion, tier, quota: quotaItems },
          creates: items.map(({ kind, name: of, count, perMonth }) => ({ kind, name: of, count, perMonth })),
          price: currency === null ? null : { currency, ...total },
          estimate: estimateView(durations),
        },
      };
    }),
};
