import { replaceProjectQuota } from '@matryoshka/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Answer, type Call, send } from './testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from './testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
let projectId: string;
let token: string;

beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi();
});
afterAll(async () => await platform?.stop());
beforeEach(async () => {
  projectId = await platform.newProject();
  token = await platform.login(projectId, 'operator');
});

const create = async (body: object, call: Call = {}): Promise<Answer> =>
  await send(api.url, 'cluster.create', { token, body, ...call });
const keyed = (key: string): Call => ({ headers: { 'idempotency-key': key } });
const pools = (count: number) => [{ name: 'workers', flavor: 'm1.small', count }];
const times = async <T>(count: number, work: (index: number) => Promise<T>): Promise<readonly T[]> =>
  await Promise.all(Array.from({ length: count }, async (_, index) => await work(index)));
/** What is in the project, as the database has it. */
const rows = async (table: 'clusters' | 'operations' | 'idempotency_keys' | 'audit_records'): Promise<number> => {
  const found = await platform.controller.query<{ count: number }>(
    `select count(*) as count from ${table} where project_id = $1`,
    [projectId],
  );
  return found.rows[0]?.count ?? -1;
};
const outcomes = (answers: readonly Answer[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const word = status < 300 ? String(status) : body.code;
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
};

describe('a change with an Idempotency-Key', () => {
  it('is done once, and answered alike each time', async () => {
    const first = await create({ name: 'demo' }, keyed('k'));
    const again = await create({ name: 'demo' }, keyed('k'));
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect([again.status, again.text]).toEqual([first.status, first.text]);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect([await rows('clusters'), await rows('operations'), await rows('audit_records')]).toEqual([1, 1, 1]);
  });

  it('is done once when fifty come at the same time', async () => {
    const answers = await times(50, async () => await create({ name: 'demo' }, keyed('k')));
    expect(await rows('clusters')).toBe(1);
    const done = answers.filter(({ status }) => status === 202);
    expect(done.length).toBeGreaterThan(0);
    expect(new Set(done.map(({ text }) => text)).size).toBe(1);
    expect(done.filter(({ headers }) => !headers.has('idempotency-replayed'))).toHaveLength(1);
    for (const { status, body } of answers) if (status !== 202) expect(body.code).toBe('idempotency_in_progress');
    expect((await create({ name: 'demo' }, keyed('k'))).text).toBe(done[0]?.text);
  });

  it('is refused when the key stands for another request', async () => {
    const { body } = await create({ name: 'demo' }, keyed('k'));
    const params = { clusterId: body.clusterId };
    const other = [
      await create({ name: 'other' }, keyed('k')),
      await send(api.url, 'cluster.delete', { token, params, ...keyed('k') }),
      await send(api.url, 'cluster.update', { token, params, body: { tier: 'ha' }, ...keyed('k') }),
    ];
    expect(outcomes(other)).toEqual({ idempotency_key_reused: 3 });
    const update = { token, params, body: { tier: 'ha' } } as const;
    await send(api.url, 'cluster.update', { ...update, ...keyed('u') });
    const withIfMatch = { headers: { 'idempotency-key': 'u', 'if-match': '"1"' } };
    const changed = await send(api.url, 'cluster.update', { ...update, ...withIfMatch });
    expect(changed.body.code).toBe('idempotency_key_reused');
  });

  it('may be repeated corrected after a refusal', async () => {
    expect((await create({ name: 'No' }, keyed('k'))).body.code).toBe('validation_failed');
    expect((await create({ name: 'yes' }, keyed('k'))).status).toBe(202);
  });

  it('is a matter of one user in one project', async () => {
    await create({ name: 'demo' }, keyed('k'));
    const admin = await platform.login(projectId, 'admin');
    expect((await create({ name: 'second' }, { ...keyed('k'), token: admin })).status).toBe(202);
    const elsewhere = await platform.login(await platform.newProject(), 'operator');
    expect((await create({ name: 'demo' }, { ...keyed('k'), token: elsewhere })).status).toBe(202);
  });

  it('is remembered by another process, and by the next one', async () => {
    const first = await create({ name: 'demo' }, keyed('k'));
    const second = await platform.startApi();
    const there = await send(second.url, 'cluster.create', { token, body: { name: 'demo' }, ...keyed('k') });
    await second.close();
    const third = await platform.startApi();
    const later = await send(third.url, 'cluster.create', { token, body: { name: 'demo' }, ...keyed('k') });
    await third.close();
    expect([there.text, later.text]).toEqual([first.text, first.text]);
  });

  it('is forgotten after a day: when the key comes again, and by housekeeping in every project', async () => {
    await create({ name: 'demo' }, keyed('k'));
    await platform.asSuperuser("update idempotency_keys set created_at = created_at - interval '25 hours'");
    expect((await create({ name: 'other' }, keyed('k'))).status).toBe(202);
    expect(await rows('clusters')).toBe(2);
    await platform.asSuperuser("update idempotency_keys set created_at = created_at - interval '25 hours'");
    await create({ name: 'third' }, keyed('fresh'));
    // Housekeeping runs when a process starts.
    const keeper = await platform.startApi();
    await expect.poll(async () => await rows('idempotency_keys'), { timeout: 20_000 }).toBe(1);
    await keeper.close();
  });
});

describe('changes at the same time', () => {
  it('never exceed the quota', async () => {
    // Three workers for each of three clusters, and one more for an upgrade.
    await platform.setQuota(projectId, 11);
    const answers = await times(12, async (n) => await create({ name: `c${n}`, pools: pools(3) }));
    expect(outcomes(answers)).toEqual({ '202': 3, quota_exceeded: 9 });
    const sum = await platform.controller.query('select sum(count)::int as sum from pools where project_id = $1', [
      projectId,
    ]);
    expect(sum.rows).toEqual([{ sum: 9 }]);
  });

  it('never exceed what every cluster takes, whatever its pools', async () => {
    const limits = { securityGroups: { limit: 8, used: 1 }, routers: { limit: -1, used: 0 } };
    await replaceProjectQuota(platform.controller, projectId, { limits, clusters: {} });
    const answers = await times(9, async (n) => await create({ name: `c${n}` }));
    expect(outcomes(answers)).toEqual({ '202': 3, quota_exceeded: 6 });
    const refused = answers.find(({ status }) => status === 422);
    expect(refused?.body.violations).toEqual([
      {
        pointer: '',
        code: 'quota_security_groups',
        message: 'needs 2 security groups, 1 of 8 are left in this project',
      },
    ]);
    const shown = await send(api.url, 'quota.get', { token });
    expect(shown.body.items).toEqual([
      { resource: 'routers', limit: null, used: 0, promised: 3, upgradeReserve: 0, left: null },
      { resource: 'securityGroups', limit: 8, used: 1, promised: 6, upgradeReserve: 0, left: 1 },
    ]);
  });

  it('never exceed the clusters of a project, nor give a name twice', async () => {
    const named = await times(8, async () => await create({ name: 'same' }));
    expect(outcomes(named)).toEqual({ '202': 1, name_taken: 7 });
    const many = await times(24, async (n) => await create({ name: `c${n}` }));
    expect(outcomes(many)).toEqual({ '202': 19, quota_exceeded: 5 });
    expect(await rows('clusters')).toBe(20);
  });

  it('with one ETag succeed once', async () => {
    const { body } = await create({ name: 'demo' });
    const params = { clusterId: body.clusterId };
    const etag = (await send(api.url, 'cluster.get', { token, params })).headers.get('etag') ?? '';
    expect(etag).toBe('"1"');
    const call = { token, params, body: { tier: 'ha' }, headers: { 'if-match': etag } };
    const answers = await times(10, async () => await send(api.url, 'cluster.update', call));
    expect(outcomes(answers)).toEqual({ '202': 1, precondition_failed: 9 });
    const now = await send(api.url, 'cluster.get', { token, params });
    expect([now.headers.get('etag'), now.body.generation, now.body.tier]).toEqual(['"2"', 2, 'ha']);
    const either = await send(api.url, 'cluster.update', { ...call, headers: { 'if-match': '"1", "2"' } });
    expect(either.status).toBe(202);
  });

  it('of one cluster in different ways do not lock each other out', async () => {
    const { body } = await create({ name: 'demo', pools: pools(0) });
    const params = { clusterId: body.clusterId };
    const answers = await times(60, async (n) => {
      if (n % 3 === 0) return await send(api.url, 'cluster.update', { token, params, body: { tier: 'ha' } });
      if (n % 3 === 1)
        return await send(api.url, 'pool.update', {
          token,
          params: { ...params, poolName: 'workers' },
          body: { count: n % 5 },
        });
      return await create({ name: 'demo' });
    });
    expect(outcomes(answers)).toEqual({ '202': 40, name_taken: 20 });
    const after = await send(api.url, 'cluster.get', { token, params });
    expect(after.body.generation).toBe(41);
  });
});

describe('a deletion', () => {
  it('ends what runs, is answered alike when asked again, and lets nothing else through', async () => {
    const created = await create({ name: 'demo', pools: pools(1) });
    const params = { clusterId: created.body.clusterId, poolName: 'workers' };
    const first = await send(api.url, 'cluster.delete', { token, params });
    const again = await send(api.url, 'cluster.delete', { token, params, headers: { 'if-match': '"1"' } });
    expect(again.body.id).toBe(first.body.id);
    const operation = await send(api.url, 'operation.get', { token, params: { operationId: created.body.id } });
    expect(operation.body).toMatchObject({ state: 'superseded', done: true });
    const refused = [
      await send(api.url, 'cluster.update', { token, params, body: { tier: 'ha' } }),
      await send(api.url, 'pool.create', { token, params, body: { name: 'more', flavor: 'm1.small', count: 1 } }),
      await send(api.url, 'pool.update', { token, params, body: { count: 2 } }),
      await send(api.url, 'pool.delete', { token, params }),
      await send(api.url, 'cluster.kubeconfig', { token, params }),
      await send(api.url, 'credential.create', { token, params }),
    ];
    expect(outcomes(refused)).toEqual({ cluster_deleting: 6 });
    expect((await send(api.url, 'cluster.get', { token, params })).body.status.phase).toBe('deleting');
    expect((await create({ name: 'demo' })).body.code).toBe('name_taken');
  });
});

describe('the kubeconfig', () => {
  it('is given once it is there, and holds no secret', async () => {
    const { body } = await create({ name: 'demo' });
    const params = { clusterId: body.clusterId };
    expect((await send(api.url, 'cluster.kubeconfig', { token, params })).body.code).toBe('cluster_not_ready');
    // As an earlier version stored it: what opens the cluster never leaves.
    const cluster = { server: 'https://172.29.1.7:6443', 'certificate-authority-data': 'Q0E=' };
    const stored = { clusters: [{ name: 'a', cluster }], users: [{ name: 'b', user: { token: 'geheim' } }] };
    await platform.saveKubeconfig(projectId, body.clusterId, JSON.stringify(stored));
    const viewer = await platform.login(projectId, 'viewer');
    const answer = await send(api.url, 'cluster.kubeconfig', { token: viewer, params });
    expect(answer.body.context).toBe('demo');
    expect(answer.text).not.toContain('geheim');
    const exec = { command: 'kaas', args: ['get-token', '--cluster', body.clusterId], interactiveMode: 'Never' };
    expect(parse(answer.body.kubeconfig)).toMatchObject({
      'current-context': 'demo',
      clusters: [{ name: 'demo', cluster }],
      users: [{ name: 'demo', user: { exec } }],
      contexts: [{ name: 'demo', context: { cluster: 'demo', user: 'demo' } }],
    });
  });

  it('that cannot be read is our failure, and stays secret', async () => {
    const { body } = await create({ name: 'demo' });
    const params = { clusterId: body.clusterId };
    await platform.saveKubeconfig(projectId, body.clusterId, 'current-context: [geheim');
    expect((await send(api.url, 'cluster.kubeconfig', { token, params })).body.code).toBe('internal');
    expect(api.log.join('')).not.toContain('geheim');
  });
});

describe('lists', () => {
  const walk = async (id: 'cluster.list' | 'operation.list', query: Readonly<Record<string, string>>) => {
    const items: { readonly id: string; readonly name: string }[] = [];
    let link: string | undefined;
    let cursor: string | undefined;
    do {
      const page = await send(api.url, id, { token, query: { ...query, ...(cursor === undefined ? {} : { cursor }) } });
      items.push(...page.body.items);
      cursor = page.body.nextCursor;
      link = /^<(.+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
      expect(link === undefined).toBe(cursor === undefined);
      if (link !== undefined) {
        const there = await fetch(new URL(link, api.url), { headers: { authorization: `Bearer ${token}` } });
        expect(there.status).toBe(200);
      }
    } while (cursor !== undefined);
    return items;
  };

  it('go page by page, also while something is added or goes', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const made = [];
    for (const name of names) made.push((await create({ name })).body);
    expect((await walk('cluster.list', { limit: '3' })).map((item) => item.name)).toEqual(names);
    expect((await walk('cluster.list', { limit: '7' })).map((item) => item.name)).toEqual(names);
    const newestFirst = made.map((operation) => operation.id).reverse();
    expect((await walk('operation.list', { limit: '2' })).map((item) => item.id)).toEqual(newestFirst);
    const ofOne = await walk('operation.list', { clusterId: made[2].clusterId, limit: '1' });
    expect(ofOne.map((item) => item.id)).toEqual([made[2].id]);
    const first = await send(api.url, 'cluster.list', { token, query: { limit: '2' } });
    await create({ name: 'aa' });
    const cursor = first.body.nextCursor;
    const rest = await send(api.url, 'cluster.list', { token, query: { limit: '10', cursor } });
    expect(rest.body.items.map((item: { name: string }) => item.name)).toEqual(['c', 'd', 'e', 'f', 'g']);
  });

  it('take only their own cursors', async () => {
    for (const name of ['a', 'b', 'c']) await create({ name });
    const { nextCursor: clusters } = (await send(api.url, 'cluster.list', { token, query: { limit: '1' } })).body;
    const { nextCursor: all } = (await send(api.url, 'operation.list', { token, query: { limit: '1' } })).body;
    const foreign = await platform.login(await platform.newProject(), 'viewer');
    const wrong = [
      await send(api.url, 'operation.list', { token, query: { cursor: clusters } }),
      await send(api.url, 'cluster.list', { token, query: { cursor: all } }),
      await send(api.url, 'operation.list', { token, query: { cursor: all, state: 'running' } }),
      await send(api.url, 'cluster.list', { token: foreign, query: { cursor: clusters } }),
    ];
    expect(outcomes(wrong)).toEqual({ validation_failed: 4 });
  });
});
