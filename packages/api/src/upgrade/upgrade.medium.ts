import { answerQuestion, takeQuestions } from '@matryoshka/postgres';
import { sleep } from '@matryoshka/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerQuestions } from '../testing/answer-questions.ts';
import { send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi();
});
afterAll(async () => await platform?.stop());

const [older, newer] = ['v1.35.7', 'v1.36.3'];

/** A cluster on the older version, which its controller says is in order. */
async function newCluster(running: string | null = older) {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'operator');
  const pools = [{ name: 'workers', flavor: 'm1.small', count: 2 }];
  const body = { name: 'demo', kubernetesVersion: older, pools };
  const { clusterId } = (await send(api.url, 'cluster.create', { token, body })).body;
  const ready = JSON.stringify([
    {
      type: 'Ready',
      status: 'True',
      reason: 'Ready',
      message: 'fine',
      observedGeneration: 1,
      lastTransitionTime: new Date(),
    },
  ]);
  await platform.controller.query('update clusters set observed_version = $2, conditions = $3 where id = $1', [
    clusterId,
    running,
    ready,
  ]);
  const params = { clusterId };
  const pool = { clusterId, poolName: 'workers' };
  return {
    ...{ token, params, pool },
    shown: async () => (await send(api.url, 'cluster.get', { token, params })).body,
    upgrade: async (version: string) =>
      await send(api.url, 'cluster.update', { token, params, body: { kubernetesVersion: version } }),
    upgradePool: async (version: string) =>
      await send(api.url, 'pool.update', { token, params: pool, body: { kubernetesVersion: version } }),
    plan: async (query: Record<string, string> = {}) => await send(api.url, 'upgrade.plan', { token, params, query }),
  };
}
const places = ({ body }: { readonly body: { readonly violations?: readonly { pointer: string; code: string }[] } }) =>
  (body.violations ?? []).map(({ pointer, code }) => `${pointer} ${code}`);

describe('a version', () => {
  it('is first that of the control plane, then of the pool, each by an operation of its kind', async () => {
    const { upgrade, upgradePool, shown, token, params } = await newCluster();
    expect(await shown()).toMatchObject({ kubernetesVersion: older, pools: [{ kubernetesVersion: older }] });
    expect(places(await upgradePool(newer))).toEqual(['/kubernetesVersion pool_newer_than_control_plane']);
    expect(await upgrade(newer)).toMatchObject({ status: 202, body: { kind: 'cluster.upgrade', cancellable: false } });
    expect(await shown()).toMatchObject({ kubernetesVersion: newer, pools: [{ kubernetesVersion: older }] });
    expect(await upgradePool(newer)).toMatchObject({ status: 202, body: { kind: 'pool.upgrade', cancellable: true } });
    expect(await shown()).toMatchObject({ generation: 3, pools: [{ kubernetesVersion: newer }] });
    // A pool that is added has the version of its control plane, or another within the skew.
    const more = { name: 'more', flavor: 'm1.small', count: 1 };
    await send(api.url, 'pool.create', { token, params, body: more });
    await send(api.url, 'pool.create', { token, params, body: { ...more, name: 'old', kubernetesVersion: older } });
    expect((await shown()).pools.map((pool: { kubernetesVersion: string }) => pool.kubernetesVersion)).toEqual([
      ...[newer, older, newer],
    ]);
  });

  it('of a control plane does not go back, by no cancellation either; that of a pool does', async () => {
    const { upgrade, upgradePool, shown, token } = await newCluster(newer);
    const { body } = await upgrade(newer);
    expect(places(await upgrade(older))).toEqual(['/kubernetesVersion version_downgrade']);
    const cancel = async (operationId: string) =>
      await send(api.url, 'operation.cancel', { token, params: { operationId } });
    expect(await cancel(body.id)).toMatchObject({
      status: 409,
      body: { code: 'not_cancellable', detail: expect.stringContaining('does not go back') },
    });
    const change = await upgradePool(newer);
    expect(await cancel(change.body.id)).toMatchObject({ status: 202, body: { kind: 'pool.upgrade' } });
    expect((await shown()).pools).toMatchObject([{ kubernetesVersion: older }]);
  });

  it('that is not offered is refused, and nothing is changed', async () => {
    const { upgrade, upgradePool, shown } = await newCluster();
    expect(places(await upgrade('v1.30.0'))).toContain('/kubernetesVersion version_withdrawn');
    expect(places(await upgrade('1.36.3'))).toEqual(['/kubernetesVersion unknown_version']);
    expect(places(await upgradePool('latest'))).toEqual(['/kubernetesVersion unknown_version']);
    expect(await shown()).toMatchObject({ generation: 1, kubernetesVersion: older });
  });

  it('is named again without harm: nothing of an upgrade is begun', async () => {
    const { upgrade } = await newCluster();
    expect(await upgrade(older)).toMatchObject({ status: 202, body: { kind: 'cluster.update' } });
  });
});

it('how workers are replaced is kept where it is not named, and refused where nothing could move', async () => {
  const { pool, shown, token } = await newCluster();
  const change = async (rollout: object) =>
    await send(api.url, 'pool.update', { token, params: pool, body: { rollout } });
  expect((await shown()).pools[0].rollout).toEqual({
    maxSurge: 1,
    maxUnavailable: 0,
    drainTimeoutSeconds: 900,
    paused: false,
  });
  expect(await change({ maxUnavailable: 1, maxSurge: 0 })).toMatchObject({
    status: 202,
    body: { kind: 'pool.update' },
  });
  await change({ drainTimeoutSeconds: 60 });
  expect((await shown()).pools[0].rollout).toEqual({
    maxSurge: 0,
    maxUnavailable: 1,
    drainTimeoutSeconds: 60,
    paused: false,
  });
  await change({ paused: true });
  expect((await shown()).pools[0].rollout).toMatchObject({ paused: true, maxUnavailable: 1 });
  expect(places(await change({ maxUnavailable: 0 }))).toEqual(['/rollout rollout_cannot_move']);
  expect(places(await change({ maxSurge: -1 }))).toContain('/rollout/maxSurge out_of_range');
  expect((await shown()).pools[0].rollout.maxUnavailable).toBe(1);
});

describe('the plan of an upgrade', () => {
  it('says the steps, and that nothing is in the way', async () => {
    const { plan } = await newCluster();
    const end = answerQuestions(platform);
    try {
      expect((await plan()).body).toMatchObject({
        ...{ from: older, to: newer, ready: true, findings: [], estimate: null, versions: [newer] },
        steps: [{ kind: 'control-plane' }, { kind: 'pool', name: 'workers', workers: 2 }],
      });
      expect((await plan({ pools: 'none' })).body.steps).toHaveLength(1);
      expect((await plan({ version: 'v1.30.0' })).body).toMatchObject({
        ready: false,
        findings: [{ code: 'version_refused' }, { code: 'version_refused' }],
      });
    } finally {
      end();
    }
  });

  it('has what the controller found in the cluster', async () => {
    const { plan } = await newCluster();
    const asked = plan();
    const answer = {
      ...{ nodes: [], deadWebhooks: [], deprecatedApis: [], barePods: [] },
      fullBudgets: [{ name: 'shop/web', pods: 2, healthy: 2 }],
    };
    for (let taken = false; !taken; await sleep(20)) {
      const [question] = await takeQuestions(platform.controller, { managementCluster: 'default', limit: 1 });
      if (question === undefined) continue;
      expect(question).toMatchObject({ kind: 'upgrade', question: {} });
      await answerQuestion(platform.controller, question.id, { answer });
      taken = true;
    }
    expect((await asked).body).toMatchObject({ ready: true, findings: [{ code: 'budget_full', actor: 'user' }] });
  });

  it('does not call a cluster ready that nobody could look into', async () => {
    const hasty = await platform.startApi({ answerPatienceMs: 300 });
    const { token, params } = await newCluster();
    const { body, status } = await send(hasty.url, 'upgrade.plan', { token, params });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ready: false, findings: [{ code: 'could_not_look', actor: 'provider' }] });
  });
});
