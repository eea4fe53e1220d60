import { clusterDemand, KaasError, readCatalogue, refuseAsleep, upgradePlanView } from '@matryoshka/application';
import { surgeViolations } from '@matryoshka/domain';
import { inProject, operationDurations } from '@matryoshka/postgres';
import { clusterOf } from '../cluster/handlers.ts';
import { estimateView } from '../cluster/plan.ts';
import type { PlainHandlers } from '../http/incoming.ts';
import { askAbout } from '../question/ask.ts';
import { writeTransaction } from '../store.ts';

export const upgradeHandlers: Pick<PlainHandlers, 'upgrade.plan'> = {
  'upgrade.plan': async (context, { caller, params, query }) => {
    const cluster = await clusterOf(context, caller, params.clusterId);
    if (cluster.deleteRequestedAt !== null)
      throw new KaasError('cluster_deleting', `The cluster ${cluster.name} is being deleted.`, {
        next: `Read its receipt: kaas receipt get ${cluster.id}`,
      });
    refuseAsleep(cluster);
    const found = await askAbout(context, caller, { clusterId: cluster.id, kind: 'upgrade', asked: {} });
    return await inProject(context.pool, caller, async (tx) => {
      const known = writeTransaction(tx);
      const { catalogue } = await readCatalogue(known);
      const quota = await known.getQuota(caller.projectId);
      const others = (await known.listAllClusters()).map(clusterDemand);
      const plan = upgradePlanView({
        ...{ cluster, catalogue, found, version: query.version, withPools: query.pools !== 'none' },
        quota: quota === undefined ? [] : surgeViolations(cluster.id, others, quota, await known.listFlavors()),
      });
      const durations = await operationDurations(tx, 'cluster.upgrade', cluster.tier);
      return { data: { ...plan, estimate: estimateView(durations) } };
    });
  },
};
