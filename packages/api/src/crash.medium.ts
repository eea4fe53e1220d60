import { migrate, prepareDatabase } from '@matryoshka/postgres';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, send } from './testing/http.ts';
import { startTestPlatform, type TestPlatform } from './testing/platform.ts';
import { type ApiProcess, spawnApi, startApiProcess } from './testing/process.ts';

// The real program, as the installer starts it, with the plug pulled.

/** How long to wait for what must come, on a machine that may be busy with something else. */
const patient = { timeout: 60_000, interval: 50 };

let platform: TestPlatform;
let projectId: string;
let token: string;

beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(async () => await platform?.stop());
beforeEach(async () => {
  projectId = await platform.newProject();
  token = await platform.login(projectId, 'operator');
});

const create = async (url: string, name: string, key: string): Promise<Answer> => {
  const body = { name, pools: [{ name: 'workers', flavor: 'm1.small', count: 1 }] };
  return await send(url, 'cluster.create', { token, body, headers: { 'idempotency-key': key } });
};
/** Everything that one creation leaves, per cluster of the project: each must be there as often as the cluster. */
const traces = async (): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const found = await platform.controller.query(
    `select name, (select count(*) from pools where cluster_id = c.id) as pools,
       (select count(*) from operations where cluster_id = c.id) as operations,
       (select count(*) from audit_records where resource = c.id) as audit,
       (select count(*) from events where cluster_id = c.id) as events,
       (select count(*) from idempotency_keys where key = c.name and project_id = c.project_id) as keys
     from clusters c where project_id = $1 order by name`,
    [projectId],
  );
  return found.rows;
};
const whole = { pools: 1, operations: 1, audit: 1, events: 2, keys: 1 };
const ready = async ({ url }: ApiProcess): Promise<number> => (await fetch(`${url}/readyz`)).status;

/** A superuser's session that holds a lock until `release`. */
async function holding(statement: string) {
  const client = new pg.Client({ connectionString: platform.postgres.url('kaas', 'postgres', '') });
  await client.connect();
  await client.query('begin');
  await client.query(statement);
  const waiting = "select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = 'kaas'";
  return {
    /** How many others wait for a lock now. */
    waiting: async (): Promise<number> => (await client.query(waiting)).rows[0].n,
    release: async () => {
      await client.query('commit');
      await client.end();
    },
  };
}

describe('killed in the middle of requests', () => {
  it('leaves nothing of a change whose transaction was open', async () => {
    const victim = await startApiProcess(platform);
    // The cluster and its operation are written by then, the audit record is not.
    const lock = await holding('lock table audit_records in exclusive mode');
    const cut = create(victim.url, 'demo', 'demo').catch(() => 'cut');
    await expect.poll(lock.waiting, patient).toBe(1);
    victim.kill('SIGKILL');
    expect(await cut).toBe('cut');
    await lock.release();
    const next = await startApiProcess(platform);
    // Until the server has noticed and rolled back, the key is that of a request that runs.
    const again = async () => (await create(next.url, 'demo', 'demo')).status;
    await expect.poll(again, patient).toBe(202);
    expect(await traces()).toEqual([{ name: 'demo', ...whole }]);
  });

  it('leaves each cluster whole or not at all, and a repeat with the same key finds which', async () => {
    const answers = new Map<string, string>();
    const names = Array.from({ length: 18 }, (_, index) => `c${String(index).padStart(2, '0')}`);
    for (const round of [0, 1, 2]) {
      const victim = await startApiProcess(platform);
      const target = answers.size + 1 + round;
      const requests = names.slice(round * 6, round * 6 + 6).map(async (name) => {
        const answer = await create(victim.url, name, name).catch(() => undefined);
        if (answer === undefined) return;
        answers.set(name, answer.text);
        // The first answers end the process, while the others are on their way.
        if (answers.size === target) victim.kill('SIGKILL');
      });
      await Promise.all(requests);
      expect((await victim.ended).signal).toBe('SIGKILL');
      for (const row of await traces()) expect(row).toMatchObject(whole);
      const there = (await traces()).map((row) => row.name);
      for (const name of answers.keys()) expect(there).toContain(name);
    }
    const next = await startApiProcess(platform);
    for (const name of names) {
      const again = async () => (await create(next.url, name, name)).status;
      await expect.poll(again, patient).toBe(202);
      const repeated = await create(next.url, name, name);
      if (answers.has(name)) expect(repeated.text).toBe(answers.get(name));
    }
    expect(await traces()).toEqual(names.map((name) => ({ name, ...whole })));
  });
});

describe('with a database that goes away', () => {
  it('answers 503, stays alive, and works again by itself', async () => {
    const api = await startApiProcess(platform);
    await create(api.url, 'before', 'before');
    let loading = true;
    const seen = new Map<string, number>();
    const load = Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        for (let n = 0; loading; n += 1) {
          const answer = await create(api.url, 'before', `load-${worker}-${n}`);
          const word = answer.status === 202 ? 'done' : answer.body.code;
          seen.set(word, (seen.get(word) ?? 0) + 1);
        }
      }),
    );
    await expect.poll(() => seen.get('name_taken') ?? 0, patient).toBeGreaterThan(5);
    await platform.postgres.kill();
    await expect.poll(() => seen.get('database_unavailable') ?? 0, patient).toBeGreaterThan(5);
    expect(await ready(api)).toBe(503);
    expect((await fetch(`${api.url}/livez`)).status).toBe(200);
    await platform.postgres.restart();
    const before = seen.get('name_taken') ?? 0;
    await expect.poll(() => seen.get('name_taken') ?? 0, patient).toBeGreaterThan(before + 5);
    loading = false;
    await load;
    expect([...seen.keys()].sort()).toEqual(['database_unavailable', 'name_taken']);
    expect(await ready(api)).toBe(200);
    expect((await create(api.url, 'after', 'after')).status).toBe(202);
    expect((await traces()).map((row) => row.name)).toEqual(['after', 'before']);
    expect(api.output()).not.toContain('"level":50');
  });

  it('starts without it, and is ready when it comes', async () => {
    await platform.postgres.kill();
    const api = await startApiProcess(platform);
    expect(await ready(api)).toBe(503);
    expect((await create(api.url, 'early', 'early')).body.code).toBe('database_unavailable');
    await platform.postgres.restart();
    await expect.poll(async () => await ready(api), patient).toBe(200);
    expect((await create(api.url, 'early', 'early')).status).toBe(202);
  });
});

describe('asked to end', () => {
  it('answers what runs, takes nothing new, and ends with 0', async () => {
    const api = await startApiProcess(platform);
    const lock = await holding(`select 1 from projects where id = '${projectId}' for update`);
    const running = create(api.url, 'demo', 'k');
    await expect.poll(lock.waiting, patient).toBe(1);
    api.kill('SIGTERM');
    const refused = async () =>
      await fetch(`${api.url}/livez`).then(
        () => 'answered',
        () => 'refused',
      );
    await expect.poll(refused, patient).toBe('refused');
    await lock.release();
    expect((await running).status).toBe(202);
    expect(await api.ended).toEqual({ code: 0, signal: null });
    expect(await traces()).toHaveLength(1);
    expect(api.output()).toContain('kaas-api has ended');
  });
});

describe('with a setting that cannot be', () => {
  const refusal = async (env: Readonly<Record<string, string>>): Promise<string> => {
    const child = await spawnApi(platform, env);
    expect(await child.ended).toEqual({ code: 1, signal: null });
    const lines = child.output().trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    return lines[0] ?? '';
  };

  it.each([
    [{ KAAS_DATABASE_URL: '' }, /KAAS_DATABASE_URL is not set/],
    [{ KAAS_SECRET_KEY_FILE: '/nowhere' }, /secret key file cannot be read: \/nowhere/],
    [{ KAAS_KEYSTONE_URL: 'http://127.0.0.1:5000' }, /KAAS_KEYSTONE_URL .* \/v3/],
    [{ KAAS_LISTEN: '192.0.2.1:7443' }, /cannot listen on 192\.0\.2\.1:7443/],
    [{ MATRYOSHKA_LOG_LEVEL: 'loud' }, /MATRYOSHKA_LOG_LEVEL is loud/],
  ])('%j ends with one line', async (env, line) => expect(await refusal(env)).toMatch(line));

  it('a role that row security does not bind is refused', async () => {
    const env = { KAAS_DATABASE_URL: platform.postgres.url('kaas', 'kaas', 'o') };
    expect(await refusal(env)).toMatch(/Row security does not bind the database role kaas\. .*kaas_api/);
    const superuser = { KAAS_DATABASE_URL: platform.postgres.url('kaas', 'postgres', '') };
    expect(await refusal(superuser)).toMatch(/Row security/);
  });

  it('an unknown role or database is refused without its password', async () => {
    for (const url of [
      platform.postgres.url('nowhere', 'kaas_api', 'geheim'),
      platform.postgres.url('kaas', 'nobody', 'geheim'),
    ]) {
      const line = await refusal({ KAAS_DATABASE_URL: url });
      expect(line).toMatch(/KAAS_DATABASE_URL is refused by the database/);
      expect(line).not.toContain('geheim');
    }
  });

  it('an address in use is refused', async () => {
    const first = await startApiProcess(platform);
    expect(await refusal({ KAAS_LISTEN: new URL(first.url).host })).toMatch(/cannot listen on .*EADDRINUSE/);
  });
});

describe('with another schema', () => {
  it('is not ready before the migrations, nor after those of a newer version, and says so', async () => {
    const passwords = { owner: 'o', api: 'a', controller: 'c' };
    const { superuserUrl } = platform.postgres;
    await prepareDatabase({ superuserUrl, database: 'fresh', passwords });
    const api = await startApiProcess(platform, { KAAS_DATABASE_URL: platform.postgres.url('fresh', 'kaas_api', 'a') });
    const detail = async () =>
      ((await (await fetch(`${api.url}/readyz`)).json()) as { readonly detail: string }).detail;
    expect(await detail()).toMatch(/schema is at 0/);
    await migrate(platform.postgres.url('fresh', 'kaas', 'o'));
    await expect.poll(async () => await ready(api), patient).toBe(200);
    const owner = new pg.Client({ connectionString: platform.postgres.url('fresh', 'kaas', 'o') });
    await owner.connect();
    await owner.query("insert into schema_migrations (number, name) values (9999, 'future')");
    await owner.end();
    expect(await detail()).toMatch(/schema \(9999\) is newer/);
  });
});
