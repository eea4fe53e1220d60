import type { OperationId } from '@matryoshka/contract';
import { getCluster } from '@matryoshka/postgres';
import { type Call, send } from './http.ts';
import type { TestApi, TestPlatform } from './platform.ts';

/** Leaves a cluster as its controller does when everything is as wanted. */
export async function settleCluster(
  { controller }: TestPlatform,
  clusterId: string,
  phase: 'ready' | 'hibernated' = 'ready',
): Promise<void> {
  await controller.query(
    `update clusters set observed_generation = generation, phase = $2, observed_version = kubernetes_version where id = $1`,
    [clusterId, phase],
  );
}

/** A cluster in a project of its own, and what somebody with a role in that asks about it. */
export async function newCluster(platform: TestPlatform, { url }: TestApi, role: 'admin' | 'operator' | 'viewer') {
  const projectId = await platform.newProject();
  const expiresAt = new Date('2027-06-01T00:00:00Z');
  const owner = await platform.login(projectId, 'admin', { expiresAt });
  const { clusterId } = (await send(url, 'cluster.create', { token: owner, body: { name: 'demo' } })).body;
  const token = await platform.login(projectId, role, { expiresAt });
  return {
    clusterId: clusterId as string,
    ask: async (id: OperationId, call: Call = {}) =>
      await send(url, id, { token, ...call, params: { clusterId, ...call.params } }),
    stored: async () => await getCluster(platform.controller, clusterId),
    settle: async () => await settleCluster(platform, clusterId),
  };
}
