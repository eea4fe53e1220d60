import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Archive, backUp, createArchive, postgresAccount } from '@matryoshka/archive';
import { type BackupStore, directoryStore, newIdentity } from '@matryoshka/backup-store';
import { defaultClusterSettings } from '@matryoshka/domain';
import {
  allowRestore,
  bumpCluster,
  createPool,
  getCluster,
  insertBackup,
  insertCluster,
  listBackups,
  migrate,
  newBackupId,
  newClusterId,
  type Pool,
  prepareDatabase,
  registerManagementCluster,
  removeBackupLater,
  reportManagementCluster,
  saveProject,
  tenantDatabase,
} from '@matryoshka/postgres';
import { createLogger, waitFor } from '@matryoshka/system';
import { startArchivedPostgres, type TestPostgres } from '@matryoshka/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { archivesOnce, recoveredFromArchives } from '../archive/run.ts';
import { backupsOnce, momentsOnce } from './run.ts';

// The databases are real, and so are the files; what kine would have written is written by hand.

let postgres: TestPostgres;
let pool: Pool;
let root: string;
let store: BackupStore;
let identity: string;
let archive: Archive;
let recovery: string;
let clusterId: string;
let database: string;

beforeAll(async () => {
  const started = await startArchivedPostgres();
  postgres = started.postgres;
  archive = { configFile: started.configFile, stanza: 'default', account: await postgresAccount() };
  recovery = await mkdtemp('/tmp/mat-rec-');
  const passwords = { owner: 'o', api: 'a', controller: 'c' };
  await prepareDatabase({ superuserUrl: postgres.superuserUrl, database: 'kaas', passwords });
  await migrate(postgres.url('kaas', 'kaas', 'o'));
  pool = createPool(postgres.url('kaas', 'kaas_controller', 'c'));
  await postgres.run("create role kamaji superuser login password 'k'");
  const superuser = createPool(postgres.superuserUrl.replace(/postgres$/, 'kaas'));
  await saveProject(superuser, { id: 'p1', name: 'p1' });
  await superuser.end();
  await registerManagementCluster(pool, 'default', 'RegionOne');
});
afterAll(async () => {
  await pool?.end();
  await postgres?.stop();
  await rm(recovery, { recursive: true, force: true });
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mat-backup-'));
  store = directoryStore(root);
  identity = await newIdentity();
  await newCluster();
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

async function newCluster(): Promise<void> {
  clusterId = newClusterId();
  database = tenantDatabase(clusterId);
  const superuser = createPool(postgres.superuserUrl.replace(/postgres$/, 'kaas'));
  await insertCluster(superuser, {
    ...{
      id: clusterId,
      projectId: 'p1',
      name: clusterId,
      labels: {},
      kubernetesVersion: 'v1.36.3',
      tier: 'ha',
      pools: [],
    },
    ...defaultClusterSettings,
    place: { managementCluster: 'default', dataStore: 'default' },
  });
  await superuser.end();
  await postgres.run(`create role ${database}_${database} login password 'x'`);
  await postgres.run(`create database ${database} owner ${database}_${database}`);
  await postgres.run(
    `create table kine (id bigserial primary key, name text collate "C", created integer, deleted integer, create_revision bigint, prev_revision bigint, lease integer, value bytea, old_value bytea)`,
    database,
  );
  await write('/a', 'first');
}
async function write(key: string, value: string): Promise<void> {
  await postgres.run(
    `insert into kine (name, created, deleted, create_revision, prev_revision, lease, value) values ('${key}', 1, 0, 0, 0, 0, '${value}')`,
    database,
  );
}
const read = async (key: string): Promise<unknown> =>
  await postgres.run(
    `select convert_from(value, 'UTF8') from kine where name = '${key}' order by id desc limit 1`,
    database,
  );
const revision = async (): Promise<number> => Number(await postgres.run('select max(id) from kine', database));

const addressOf = async () => ({ host: '127.0.0.1', port: postgres.port, user: 'kamaji', password: 'k' });
const archiveOf = (): Archive => archive;
const tools = (change: { readonly pool?: Pool; readonly store?: BackupStore; readonly identity?: string } = {}) => ({
  ...{ pool, store, identity, managementCluster: 'default', log: createLogger('test'), intervalMs: 1, ...change },
  ...{ addressOf, recovered: recoveredFromArchives({ archiveOf, addressOf }, recovery) },
  signal: AbortSignal.timeout(120_000),
});
async function ask(moment?: Date): Promise<string> {
  const id = newBackupId();
  const cluster = { id: clusterId, projectId: 'p1', kubernetesVersion: 'v1.36.3' };
  await insertBackup(pool, {
    id,
    cluster,
    reason: 'requested',
    requestedBy: 'ann',
    at: new Date(),
    ...(moment === undefined ? {} : { moment }),
  });
  return id;
}
const backups = async () => await listBackups(pool, { clusterId, limit: 100 });
/** Of the store, without folders. */
const files = async (): Promise<readonly string[]> =>
  (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.age')).toSorted();
const fileOf = (id: string): string => join(root, clusterId, `${id}.kine.gz.age`);
async function restore(backupId: string): Promise<void> {
  await bumpCluster(pool, clusterId, { restore: { backupId, at: new Date() } });
  await allowRestore(pool, clusterId);
}

/** The process dies before its `nth` step in the outside; from then on it does nothing any more. */
function mortal(nth: number): { readonly pool: Pool; readonly store: BackupStore; readonly died: () => boolean } {
  let steps = 0;
  const step = (): void => {
    steps += 1;
    if (steps > nth) throw new Error('it is dead');
  };
  const before = <T extends object>(target: T, names: readonly string[]): T =>
    new Proxy(target, {
      get: (of, name, receiver) => {
        const value: unknown = Reflect.get(of, name, receiver);
        if (typeof value !== 'function' || !names.includes(String(name))) return value;
        return (...args: unknown[]) => {
          step();
          return (value as (...given: unknown[]) => unknown).apply(of, args);
        };
      },
    });
  return {
    pool: before(pool, ['query', 'connect']),
    store: before(store, ['put', 'get', 'remove']),
    died: () => steps > nth,
  };
}

describe('a backup', () => {
  it('is made, proved and sealed, and goes with its file', async () => {
    const id = await ask();
    await backupsOnce(tools());
    expect(await backups()).toMatchObject([{ id, state: 'succeeded', keys: 1, error: null, requestedBy: 'ann' }]);
    expect((await backups())[0]?.verifiedAt).toBeInstanceOf(Date);
    const file = await readFile(fileOf(id));
    expect(file.subarray(0, 21).toString()).toBe('age-encryption.org/v1');
    expect(file.includes('first')).toBe(false);
    await removeBackupLater(pool, id);
    expect(await backups()).toEqual([]);
    await backupsOnce(tools());
    expect(await files()).toEqual([]);
    expect((await pool.query('select from backups where id = $1', [id])).rowCount).toBe(0);
  });

  it('says why it failed, and leaves no file', async () => {
    const id = await ask();
    const full: BackupStore = {
      ...store,
      put: async (_, content) => {
        content.destroy();
        throw new Error('the disk is full');
      },
    };
    await backupsOnce(tools({ store: full }));
    expect(await backups()).toMatchObject([{ id, state: 'failed', error: 'the disk is full', verifiedAt: null }]);
    expect(await files()).toEqual([]);
    const events = await pool.query("select data from events where cluster_id = $1 and type = 'backup.failed'", [
      clusterId,
    ]);
    expect(events.rows).toMatchObject([{ data: { backupId: id, error: 'the disk is full' } }]);
  });

  it('that does not read back as it was written has failed', async () => {
    await ask();
    const lying: BackupStore = {
      ...store,
      put: async (name, content) => {
        const bytes = await store.put(name, content);
        const written = await readFile(join(root, name));
        written[written.length - 20] = (written[written.length - 20] ?? 0) ^ 1;
        await writeFile(join(root, name), written);
        return bytes;
      },
    };
    await backupsOnce(tools({ store: lying }));
    expect(await backups()).toMatchObject([{ state: 'failed' }]);
    expect(await files()).toEqual([]);
  });

  it('is made once, whenever the controller dies', async () => {
    for (let nth = 0; ; nth += 1) {
      const id = await ask();
      const life = mortal(nth);
      await backupsOnce(tools(life)).catch(() => undefined);
      await backupsOnce(tools());
      const [made] = await backups();
      // What died may have said that it failed; whoever asked sees it and asks again. Nothing is called good that is not.
      expect(made?.id).toBe(id);
      expect(['succeeded', 'failed']).toContain(made?.state);
      expect(await files()).toEqual(made?.state === 'succeeded' ? [`${clusterId}/${id}.kine.gz.age`] : []);
      await removeBackupLater(pool, id);
      await backupsOnce(tools());
      expect(await files()).toEqual([]);
      if (!life.died()) return;
    }
  });
});

describe('a restore', () => {
  it('exchanges everything at once, after what was there was backed up', async () => {
    const id = await ask();
    await backupsOnce(tools());
    await write('/a', 'second');
    await write('/b', 'later');
    const before = await revision();
    await restore(id);
    await backupsOnce(tools());
    expect([await read('/a'), await read('/b')]).toEqual(['first', undefined]);
    expect(await revision()).toBeGreaterThan(before);
    expect((await getCluster(pool, clusterId))?.restore).toBeNull();
    const [safety, ...more] = await backups();
    expect(more).toHaveLength(1);
    expect(safety).toMatchObject({ reason: 'before-restore', state: 'succeeded', keys: 2 });
    // And back again.
    await restore(safety?.id ?? '');
    await backupsOnce(tools());
    expect([await read('/a'), await read('/b')]).toEqual(['second', 'later']);
  });

  it('happens, whenever the controller dies, and never by halves', async () => {
    const id = await ask();
    await backupsOnce(tools());
    for (let nth = 0; ; nth += 1) {
      await write('/a', 'second');
      await write('/b', 'later');
      await restore(id);
      const life = mortal(nth);
      await backupsOnce(tools(life)).catch(() => undefined);
      const now = [await read('/a'), await read('/b')].join();
      expect(['second,later', 'first,']).toContain(now);
      for (let round = 0; round < 3; round += 1) await backupsOnce(tools());
      expect([await read('/a'), await read('/b')], `died before step ${nth}`).toEqual(['first', undefined]);
      expect((await getCluster(pool, clusterId))?.restore).toBeNull();
      if (!life.died()) return;
    }
  });

  it('changes nothing when the backup cannot be read, says so, and may be given up', async () => {
    const id = await ask();
    await backupsOnce(tools());
    await write('/a', 'second');
    await restore(id);
    await backupsOnce(tools({ identity: await newIdentity() }));
    expect((await getCluster(pool, clusterId))?.restore).toMatchObject({ error: expect.stringContaining('identity') });
    await rm(fileOf(id));
    const tried = new Map<string, number>();
    await backupsOnce(tools(), tried);
    expect((await getCluster(pool, clusterId))?.restore).toMatchObject({ error: expect.stringContaining(id) });
    // It is not tried again at once.
    await pool.query("update clusters set restore_error = 'still there' where id = $1", [clusterId]);
    await backupsOnce(tools(), tried);
    expect((await getCluster(pool, clusterId))?.restore?.error).toBe('still there');
    await bumpCluster(pool, clusterId, { restore: null });
    await backupsOnce(tools());
    expect(await read('/a')).toBe('second');
    expect((await backups()).map(({ reason }) => reason)).toEqual(['requested']);
  });
});

describe('a backup of a moment of the past', () => {
  const archives = async (): Promise<unknown> => {
    const { log, signal } = tools();
    await archivesOnce(
      { pool, managementCluster: 'default', archiveOf, addressOf, baseBackups: true, log, intervalMs: 1, signal },
      new Date(),
    );
    const { rows } = await pool.query(
      'select archived_from is not null as "from", archive_failing as failing from data_stores',
    );
    return rows;
  };
  const moment = async (): Promise<Date> => {
    const at = (await postgres.run("select clock_timestamp() + interval '1100 ms'")) as Date;
    await waitFor(() => Date.now() > at.getTime() + 50, { timeoutMs: 5_000, intervalMs: 20 });
    return at;
  };
  const find = async (id: string) =>
    (await listBackups(pool, { clusterId, limit: 10 })).find((backup) => backup.id === id);

  it('cannot be had before there is an archive, and is offered as soon as there is one', async () => {
    const none = { cpuMillis: 0, memoryMib: 0, pods: 0 };
    const observed = { nodes: 1, capacity: none, reserved: none };
    const store = { maxTenants: null, maxConnections: null, maxBytes: null, connections: null, bytes: null };
    await reportManagementCluster(pool, 'default', { ...observed, dataStores: [{ name: 'default', ...store }] });
    expect(await archives()).toEqual([{ from: false, failing: false }]);
    await createArchive(archive);
    await backUp(archive, 'full');
    expect(await archives()).toEqual([{ from: true, failing: false }]);
    const before = await pool.query('select xmin from data_stores');
    await archives();
    expect((await pool.query('select xmin from data_stores')).rows, 'a second look writes nothing').toEqual(
      before.rows,
    );
  });

  it('holds what there was, is restored as any other, and nobody else notices', async () => {
    await write('/b', 'wanted');
    const wanted = await moment();
    await write('/b', 'unwanted');
    await write('/c', 'later');
    const neighbour = database;
    const mine = clusterId;
    await newCluster();
    await write('/n', 'of a neighbour');
    const other = database;
    [clusterId, database] = [mine, neighbour];
    const id = await ask(wanted);
    await backupsOnce(tools());
    expect(await find(id), 'nobody waits for it').toMatchObject({ state: 'pending' });
    await momentsOnce(tools());
    expect(await find(id)).toMatchObject({ state: 'succeeded', error: null, keys: 2, moment: wanted });
    expect(await readdir(recovery)).toEqual([]);
    expect(await read('/b'), 'the cluster has what it had').toBe('unwanted');

    await bumpCluster(pool, clusterId, { restore: { backupId: id, at: new Date() } });
    await allowRestore(pool, clusterId);
    await backupsOnce(tools());
    expect([await read('/a'), await read('/b'), await read('/c')]).toEqual(['first', 'wanted', undefined]);
    database = other;
    expect(await read('/n')).toBe('of a neighbour');
  });

  it('fails with its reason when the archive has it no more, and when nothing is archived any more', async () => {
    const early = await ask(new Date('2026-01-01T00:00:00Z'));
    await momentsOnce(tools());
    expect(await find(early)).toMatchObject({ state: 'failed', error: expect.stringContaining('2026-01-01') });
    const late = await ask(await moment());
    await momentsOnce({ ...tools(), recovered: undefined });
    expect(await find(late)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('not archived any more'),
    });
    expect(await readdir(join(root, clusterId)).catch(() => [])).toEqual([]);
  });

  it('leaves nothing when somebody has it removed meanwhile', async () => {
    const wanted = await moment();
    const id = await ask(wanted);
    const store = directoryStore(root);
    const slow: BackupStore = {
      ...store,
      put: async (name, content) => {
        await removeBackupLater(pool, id);
        await backupsOnce(tools());
        return await store.put(name, content);
      },
    };
    await momentsOnce(tools({ store: slow }));
    expect(await find(id)).toBeUndefined();
    expect(await readdir(join(root, clusterId)).catch(() => [])).toEqual([]);
  });
});
