import { quotaView } from '@matryoshka/application';
import { getProjectQuota, inProject, inWholeProject, listClusters, listFlavors } from '@matryoshka/postgres';
import type { PlainHandlers } from '../http/incoming.ts';

export const quotaHandlers: Pick<PlainHandlers, 'quota.get'> = {
  'quota.get': async ({ pool }, { caller }) =>
    await inProject(pool, caller, async (tx) => {
      const quota = await getProjectQuota(tx, caller.projectId);
      const clusters = await inWholeProject(tx, async () => await listClusters(tx, { limit: 10_000 }));
      return { data: quotaView(quota, clusters, await listFlavors(tx)) };
    }),
};
