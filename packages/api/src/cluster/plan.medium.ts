import { removeCluster, replaceProjectQuota } from '@matryoshka/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi();
});
afterAll(async () => await platform?.stop());

const body = { name: 'demo', tier: 'ha', pools: [{ name: 'w', flavor: 'm1.small', count: 2 }] };

describe('a cluster plan', () => {
  it('tells what would be made and makes nothing', async () => {
    const projectId = await platform.newProject();
    const token = await platform.login(projectId, 'operator');
    const limits = { instances: { limit: 10, used: 1 } };
    await replaceProjectQuota(platform.controller, projectId, { limits, clusters: {} });
    const before = await platform.countRows();
    const { status, body: plan } = await send(api.url, 'cluster.plan', { token, body });
    expect(status).toBe(200);
    expect(plan).toMatchObject({ name: 'demo', kubernetesVersion: 'v1.36.3', tier: 'ha', estimate: null });
    expect(plan.creates).toContainEqual({ kind: 'worker-pool', name: '2 × m1.small', count: 2, perMonth: null });
    expect(plan.quota).toEqual([
      { resource: 'instances', limit: 10, used: 1, promised: 2, upgradeReserve: 1, left: 6 },
    ]);
    expect(await platform.countRows()).toEqual(before);
    // The name is free, and the chain of audit records has no hole.
    expect((await send(api.url, 'cluster.create', { token, body })).status).toBe(202);
    const admin = await platform.login(projectId, 'admin');
    expect((await send(api.url, 'audit.verify', { token: admin })).body).toMatchObject({ intact: true, records: 1 });
  });

  it('is refused as the creation would be', async () => {
    const projectId = await platform.newProject();
    const token = await platform.login(projectId, 'operator');
    await platform.setQuota(projectId, 2);
    for (const wrong of [
      body,
      { ...body, name: 'A b' },
      { ...body, pools: [{ name: 'w', flavor: 'm1.big', count: 1 }] },
    ]) {
      const plan = await send(api.url, 'cluster.plan', { token, body: wrong });
      const made = await send(api.url, 'cluster.create', { token, body: wrong });
      const essence = ({ status, code, violations }: typeof plan.body) => ({ status, code, violations });
      expect(plan.status).toBe(422);
      expect(essence(plan.body)).toEqual(essence(made.body));
    }
  });
});

describe('the estimate of an operation', () => {
  it('comes from the last ones of its kind and tier, whoever’s they were', async () => {
    const token = await platform.login(await platform.newProject(), 'operator');
    const make = async (n: number) =>
      (await send(api.url, 'cluster.create', { token, body: { name: `c${n}`, tier: 'standard' } })).body;
    for (let n = 1; n <= 5; n += 1) {
      const operation = await make(n);
      expect(operation).toMatchObject({ expectedAt: null, lateAt: null });
      await platform.asSuperuser(
        `update operations set state = 'succeeded', finished_at = began_at + interval '${n * 10} s' where id = '${operation.id}'`,
      );
      await send(api.url, 'cluster.delete', { token, params: { clusterId: operation.clusterId } });
      await removeCluster(platform.controller, operation.clusterId, new Date());
    }
    const other = await platform.login(await platform.newProject(), 'operator');
    const { body: operation } = await send(api.url, 'cluster.create', {
      token: other,
      body: { name: 'x', tier: 'standard' },
    });
    const seconds = (time: string): number => Math.round((Date.parse(time) - Date.parse(operation.createdAt)) / 1000);
    expect([seconds(operation.expectedAt), seconds(operation.lateAt)]).toEqual([30, 48]);
    const ha = await send(api.url, 'cluster.create', { token: other, body: { name: 'y', tier: 'ha' } });
    expect(ha.body).toMatchObject({ expectedAt: null, lateAt: null });
    const plan = await send(api.url, 'cluster.plan', { token: other, body: { name: 'z', tier: 'standard' } });
    expect(plan.body.estimate).toEqual({ typicalSeconds: 30, slowSeconds: 48, basedOn: 5 });
  });
});
