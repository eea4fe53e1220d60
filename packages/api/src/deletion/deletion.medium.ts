import type { ClusterPlan, Resource } from '@matryoshka/domain';
import { clustersToDelete, removeCluster, replaceResources, reportCluster } from '@matryoshka/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Call, send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi({ scheduleIntervalMs: 3_600_000 });
});
afterAll(async () => await platform?.stop());

interface Place {
  readonly projectId: string;
  readonly token: string;
  readonly clusterId: string;
}

async function newCluster(body: object = {}): Promise<Place> {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'operator');
  const pools = [{ name: 'w', flavor: 'm1.small', count: 2 }];
  const made = await send(api.url, 'cluster.create', { token, body: { name: 'demo', pools, ...body } });
  expect(made.status).toBe(202);
  return { projectId, token, clusterId: made.body.clusterId };
}

const call = async (place: Place, id: Parameters<typeof send>[1], more: Call = {}): Promise<Answer> =>
  await send(api.url, id, { token: place.token, params: { clusterId: place.clusterId }, ...more });
const eventsOf = async ({ clusterId }: Place): Promise<readonly string[]> =>
  (
    await platform.controller.query<{ type: string }>(
      'select type from events where cluster_id = $1 order by sequence',
      [clusterId],
    )
  ).rows.map(({ type }) => type);

function resource(place: Place, kind: Resource['kind'], id: string): Resource {
  const { clusterId, projectId } = place;
  const rest = { status: 'ACTIVE', usedBy: `X default/${id}`, address: null, sizeGib: null, createdAt: null };
  return { clusterId, projectId, kind, id, name: id, ...rest };
}

/** One round of the schedule, as another kaas-api would do it. */
async function oneRound(): Promise<void> {
  const other = await platform.startApi({ scheduleIntervalMs: 3_600_000 });
  await expect.poll(async () => (await clustersToDelete(other.pool, 10)).length).toBe(0);
  await other.close();
}

describe('the deletion plan', () => {
  it('names what is deleted and what is kept, and a deletion that does something else is refused', async () => {
    const place = await newCluster();
    const volume = resource(place, 'volume', 'v1');
    await replaceResources(
      platform.controller,
      ['volume', 'load-balancer'],
      [volume, resource(place, 'load-balancer', 'lb1')],
    );
    const { body: plan } = await call(place, 'deletion.plan');
    const fates = Object.fromEntries(plan.items.map((item: { kind: string; fate: string }) => [item.kind, item.fate]));
    expect(fates).toEqual({
      'control-plane': 'deleted',
      'kubernetes-data': 'deleted',
      credentials: 'deleted',
      'worker-pool': 'deleted',
      network: 'deleted',
      'load-balancer': 'deleted',
      volume: 'kept',
    });
    expect(plan).toMatchObject({ protection: false, beginsAt: null, volumes: 'keep' });
    const deleting = await call(place, 'deletion.plan', { query: { volumes: 'delete' } });
    expect(deleting.body.items.find((item: { kind: string }) => item.kind === 'volume').fate).toBe('deleted');

    // Another volume appears between reading and deleting.
    await replaceResources(platform.controller, ['volume'], [volume, resource(place, 'volume', 'v2')]);
    const stale = await call(place, 'cluster.delete', { query: { planId: plan.planId } });
    expect(stale.body).toMatchObject({ status: 409, code: 'deletion_plan_changed' });
    const otherChoice = await call(place, 'cluster.delete', { query: { planId: deleting.body.planId } });
    expect(otherChoice.body.code).toBe('deletion_plan_changed');
    const fresh = await call(place, 'deletion.plan');
    expect((await call(place, 'cluster.delete', { query: { planId: fresh.body.planId } })).status).toBe(202);
    expect((await call(place, 'deletion.plan')).body.code).toBe('cluster_deleting');
  });

  it('becomes a receipt, which also has what was made while it was deleted', async () => {
    const place = await newCluster();
    await replaceResources(platform.controller, ['volume'], [resource(place, 'volume', 'v1')]);
    const { body: operation } = await call(place, 'cluster.delete');
    const running = await call(place, 'receipt.get');
    expect(running.body).toMatchObject({ operationId: operation.id, finishedAt: null, requestedBy: 'operator' });
    await replaceResources(platform.controller, ['floating-ip'], [resource(place, 'floating-ip', 'f1')]);
    await removeCluster(platform.controller, place.clusterId, new Date());
    const { body: receipt } = await call(place, 'receipt.get');
    expect(Date.parse(receipt.finishedAt)).toBeGreaterThanOrEqual(Date.parse(receipt.beganAt));
    const lines = receipt.items.map(
      (item: { kind: string; id: string; fate: string }) => `${item.kind} ${item.id} ${item.fate}`,
    );
    expect(lines).toContain('volume v1 kept');
    expect(lines).toContain('floating-ip f1 deleted');
    expect((await call(place, 'cluster.get')).status).toBe(404);
    const list = await send(api.url, 'receipt.list', { token: place.token });
    expect(list.body.items).toEqual([receipt]);
  });

  it('receipts come in pages', async () => {
    const place = await newCluster();
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const made = await send(api.url, 'cluster.create', { token: place.token, body: { name: `x${count}` } });
      await call(place, 'cluster.delete', { params: { clusterId: made.body.clusterId } });
      await removeCluster(platform.controller, made.body.clusterId, new Date());
      ids.unshift(made.body.clusterId);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: '2', ...(cursor === undefined ? {} : { cursor }) };
      const { body } = await send(api.url, 'receipt.list', { token: place.token, query });
      seen.push(...body.items.map((item: { clusterId: string }) => item.clusterId));
      cursor = body.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(ids);
  });
});

describe('protection', () => {
  it('refuses every deletion until it is switched off, and holds back one that waits', async () => {
    const place = await newCluster({ deletion: { protection: true } });
    expect((await call(place, 'cluster.get')).body.deletion.protection).toBe(true);
    expect((await call(place, 'deletion.plan')).body.protection).toBe(true);
    const refused = await call(place, 'cluster.delete', { query: { graceSeconds: '0' } });
    expect(refused.body).toMatchObject({ status: 409, code: 'deletion_protected', actor: 'user' });
    await call(place, 'cluster.update', { body: { deletion: { protection: false } } });
    expect((await call(place, 'cluster.delete', { query: { graceSeconds: '60' } })).status).toBe(202);
    await call(place, 'cluster.update', { body: { deletion: { protection: true } } });
    await pass(place, 120);
    expect(await clustersToDelete(api.pool, 10)).toEqual([]);
    expect((await call(place, 'cluster.get')).body.status.phase).not.toBe('deleting');
  });
});

/** So many seconds go by, as far as the cluster is concerned. */
async function pass({ clusterId }: Place, seconds: number): Promise<void> {
  await platform.asSuperuser(
    `update clusters set delete_scheduled_at = delete_scheduled_at - interval '${seconds} s',
       expires_at = expires_at - interval '${seconds} s' where id = '${clusterId}'`,
  );
}

describe('the grace period', () => {
  it('destroys nothing and can be undone', async () => {
    const place = await newCluster({ deletion: { gracePeriodSeconds: 3600 } });
    const earliest = Date.now() + 3_600_000;
    const { body: operation } = await call(place, 'cluster.delete', { query: { volumes: 'delete' } });
    expect(operation).toMatchObject({ kind: 'cluster.delete', state: 'running', done: false });
    expect(Date.parse(operation.startsAt)).toBeGreaterThanOrEqual(earliest);
    expect(Date.parse(operation.startsAt)).toBeLessThanOrEqual(Date.now() + 3_600_000);
    const waiting = await call(place, 'cluster.get');
    expect(waiting.body.deletion.scheduledAt).toBe(operation.startsAt);
    expect(waiting.body.status.phase).toBe('creating');

    // A reconciliation of the cluster that converges meanwhile is none of its business.
    const { generation } = waiting.body;
    const plan: ClusterPlan = {
      ...{ actions: [], conditions: [], progress: [], converged: true, blockedBy: null },
      phase: 'ready',
      ...{
        endpoint: null,
        kubernetesVersion: null,
        pools: [],
        certificates: null,
        keys: [],
        nodes: null,
        requeueAfterMs: 1000,
      },
    };
    await reportCluster(platform.controller, place.clusterId, { generation, plan, now: new Date() });
    const still = await send(api.url, 'operation.get', { token: place.token, params: { operationId: operation.id } });
    expect(still.body).toEqual(operation);

    // Asked again it is the same; with another choice for the volumes, that choice counts.
    expect((await call(place, 'cluster.delete')).body.id).toBe(operation.id);
    expect((await call(place, 'cluster.delete', { query: { volumes: 'keep' } })).body.id).toBe(operation.id);

    const kept = await call(place, 'deletion.undo');
    expect(kept.body).toMatchObject({ id: place.clusterId, deletion: { scheduledAt: null } });
    const ended = await send(api.url, 'operation.get', { token: place.token, params: { operationId: operation.id } });
    expect(ended.body).toMatchObject({ state: 'superseded', message: 'undone by operator', startsAt: null });
    expect((await call(place, 'deletion.undo')).status).toBe(200);
    await pass(place, 7200);
    expect(await clustersToDelete(api.pool, 10)).toEqual([]);
    expect(await eventsOf(place)).toEqual(
      expect.arrayContaining(['cluster.deletion_scheduled', 'cluster.deletion_undone', 'operation.finished']),
    );
    expect(await eventsOf(place)).not.toContain('cluster.deleting');
  });

  it('ends by itself, once, also with several processes', async () => {
    const place = await newCluster({ deletion: { gracePeriodSeconds: 60 } });
    const { body: operation } = await call(place, 'cluster.delete', { query: { volumes: 'delete' } });
    await oneRound();
    expect((await call(place, 'cluster.get')).body.status.phase).toBe('creating');
    await pass(place, 61);
    await Promise.all([oneRound(), oneRound(), oneRound()]);
    const begun = await call(place, 'cluster.get');
    expect(begun.body).toMatchObject({ status: { phase: 'deleting' }, deletion: { scheduledAt: null } });
    const { body } = await send(api.url, 'operation.get', {
      token: place.token,
      params: { operationId: operation.id },
    });
    expect(body).toMatchObject({ state: 'running', startsAt: null, requestedBy: 'operator' });
    expect((await eventsOf(place)).filter((type) => type === 'cluster.deleting')).toHaveLength(1);
    expect((await call(place, 'receipt.get')).body).toMatchObject({ volumes: 'delete', operationId: operation.id });
    expect((await call(place, 'deletion.undo')).body.code).toBe('cluster_deleting');
    await removeCluster(platform.controller, place.clusterId, new Date());
    const finished = await send(api.url, 'operation.get', {
      token: place.token,
      params: { operationId: operation.id },
    });
    expect(finished.body.state).toBe('succeeded');
  });

  it('is cut short by asking for the deletion at once', async () => {
    const place = await newCluster({ deletion: { gracePeriodSeconds: 3600 } });
    const { body: operation } = await call(place, 'cluster.delete', { query: { volumes: 'delete' } });
    const { body: begun } = await call(place, 'cluster.delete', { query: { graceSeconds: '0' } });
    expect(begun).toMatchObject({ id: operation.id, startsAt: null });
    expect((await call(place, 'receipt.get')).body.volumes).toBe('delete');
    const count = await platform.controller.query('select 1 from operations where cluster_id = $1 and kind = $2', [
      place.clusterId,
      'cluster.delete',
    ]);
    expect(count.rowCount).toBe(1);
  });
});

describe('the expiration date', () => {
  it('deletes the cluster and keeps its volumes', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const place = await newCluster({ deletion: { expiresAt, gracePeriodSeconds: 3600 } });
    await oneRound();
    expect((await call(place, 'cluster.get')).body.status.phase).toBe('creating');
    await pass(place, 61);
    await oneRound();
    expect((await call(place, 'cluster.get')).body.status.phase).toBe('deleting');
    expect((await call(place, 'receipt.get')).body).toMatchObject({ volumes: 'keep', requestedBy: 'expiration date' });
    const { rows } = await platform.controller.query(
      "select user_name, action from audit_records where resource = $1 and action = 'cluster.delete'",
      [place.clusterId],
    );
    expect(rows).toEqual([{ user_name: 'expiration date', action: 'cluster.delete' }]);
  });

  it('is refused in the past, as no time, and on a protected cluster', async () => {
    const place = await newCluster();
    const codes = async (deletion: object): Promise<readonly string[]> => {
      const { status, body } = await call(place, 'cluster.update', { body: { deletion } });
      expect(status).toBe(422);
      return body.violations.map(
        (violation: { pointer: string; code: string }) => `${violation.pointer} ${violation.code}`,
      );
    };
    expect(await codes({ expiresAt: '2020-01-01T00:00:00Z' })).toEqual(['/deletion/expiresAt expiry_in_the_past']);
    expect(await codes({ expiresAt: 'soon' })).toEqual(['/deletion/expiresAt invalid_time']);
    expect(await codes({ expiresAt: '2099-01-01T00:00:00Z', protection: true })).toEqual([
      '/deletion/expiresAt protected_and_expiring',
    ]);
    expect(await codes({ gracePeriodSeconds: -1 })).toEqual(['/deletion/gracePeriodSeconds invalid_grace_period']);
    expect((await call(place, 'cluster.get')).body.deletion).toEqual({
      protection: false,
      gracePeriodSeconds: 0,
      expiresAt: null,
      scheduledAt: null,
    });
  });
});
