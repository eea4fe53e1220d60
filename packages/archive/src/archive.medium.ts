import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { daemonStatus, isRunning, waitFor } from '@matryoshka/system';
import { startArchivedPostgres, type TestPostgres } from '@matryoshka/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Archive, archiveState, backUp, checkArchive, createArchive } from './archive.ts';
import { postgresAccount } from './programs.ts';
import { type RecoveredAddress, removeRecovered, withRecovered } from './recovered.ts';

let postgres: TestPostgres;
let archive: Archive;
let directory: string;
const signal = new AbortController().signal;

beforeAll(async () => {
  const started = await startArchivedPostgres();
  postgres = started.postgres;
  archive = { configFile: started.configFile, stanza: 'default', account: await postgresAccount() };
  directory = await mkdtemp('/tmp/mat-rec-');
}, 120_000);

afterAll(async () => {
  await removeRecovered(directory);
  await rm(directory, { recursive: true, force: true });
  await postgres.stop();
});

/** A moment after everything until now, that more was written after. */
async function momentNow(): Promise<Date> {
  // pgBackRest knows whole seconds of its backups.
  const moment = (await postgres.run("select clock_timestamp() + interval '1100 ms'")) as Date;
  await waitFor(() => Date.now() > moment.getTime() + 50, { timeoutMs: 5_000, intervalMs: 20 });
  return moment;
}

/** Everything until now is in the archive. */
async function flushed(): Promise<void> {
  await postgres.run("select pg_logical_emit_message(true, 'test', '')");
  await checkArchive(archive);
}

async function values(address: RecoveredAddress, database: string): Promise<readonly string[]> {
  const client = new pg.Client({ ...address, database });
  await client.connect();
  try {
    return (await client.query<{ v: string }>('select v from kept order by v')).rows.map(({ v }) => v);
  } finally {
    await client.end();
  }
}

async function make(database: string): Promise<void> {
  await postgres.run(`create database ${database}`);
  await postgres.run("create table kept as select 'early'::text as v", database);
}

describe('the archive of a PostgreSQL', () => {
  it('holds nothing before the first base backup, and says so', async () => {
    await createArchive(archive);
    await createArchive(archive);
    expect(await archiveState(archive)).toBeUndefined();
    const work = async (): Promise<void> => undefined;
    await expect(
      withRecovered(archive, { moment: new Date(), database: 'c_one', directory, signal }, work),
    ).rejects.toMatchObject({ code: 'moment_not_archived', actor: 'user' });
  });

  it('gives a database as it was at a moment, while the PostgreSQL goes on with what came later', async () => {
    for (const name of ['c_one', 'c_two']) await make(name);
    await backUp(archive, 'full');
    await postgres.run("insert into kept values ('later')", 'c_one');
    const moment = await momentNow();
    await postgres.run('delete from kept', 'c_one');
    await flushed();
    const seen = await withRecovered(archive, { moment, database: 'c_one', directory, signal }, async (address) => {
      expect(await postgres.run('select count(*)::int from kept', 'c_one'), 'meanwhile').toBe(0);
      return await values(address, 'c_one');
    });
    expect(seen).toEqual(['early', 'later']);
    expect(await postgres.run('select count(*)::int from kept', 'c_one')).toBe(0);
    expect(await postgres.run('select v from kept', 'c_two')).toBe('early');
    expect(await readdir(directory), 'nothing is left of it').toEqual([]);
  });

  it('gives a database that is younger than the base backup', async () => {
    await make('c_young');
    const moment = await momentNow();
    await postgres.run("update kept set v = 'changed'", 'c_young');
    await flushed();
    const wish = { moment, database: 'c_young', directory, signal };
    expect(await withRecovered(archive, wish, async (address) => await values(address, 'c_young'))).toEqual(['early']);
  });

  it('goes on from incremental backups', async () => {
    await backUp(archive, 'incr');
    const moment = await momentNow();
    await postgres.run('drop table kept', 'c_two');
    await flushed();
    const wish = { moment, database: 'c_two', directory, signal };
    expect(await withRecovered(archive, wish, async (address) => await values(address, 'c_two'))).toEqual(['early']);
    expect((await archiveState(archive))?.backups.map(({ type }) => type)).toEqual(['full', 'incr']);
  });

  it('says of a moment that it does not reach whether it is too early or not yet there', async () => {
    const work = async (): Promise<void> => undefined;
    const at = (moment: Date) => withRecovered(archive, { moment, database: 'c_one', directory, signal }, work);
    await expect(at(new Date(Date.now() - 86_400_000))).rejects.toMatchObject({
      code: 'moment_not_archived',
      actor: 'user',
    });
    await expect(at(new Date(Date.now() + 86_400_000))).rejects.toMatchObject({
      code: 'moment_not_archived',
      actor: 'provider',
    });
    expect(await readdir(directory)).toEqual([]);
  });

  it('ends what is recovered when the work with it fails, or when whoever began it was killed', async () => {
    const moment = await momentNow();
    await flushed();
    const wish = { moment, database: 'c_one', directory, signal };
    await expect(
      withRecovered(archive, wish, async () => {
        throw new Error('of the work');
      }),
    ).rejects.toThrow('of the work');
    expect(await readdir(directory)).toEqual([]);
    const pidFile = join(directory, 'recovered.pid');
    await withRecovered(archive, wish, async () => {
      const left = await daemonStatus(pidFile);
      // As a controller does that was started again, and knows nothing of the first.
      await withRecovered(archive, wish, async () => {
        const mine = await daemonStatus(pidFile);
        expect(mine?.pid).not.toBe(left?.pid);
        expect(left !== undefined && (await isRunning(left))).toBe(false);
      });
    });
    expect(await readdir(directory)).toEqual([]);
  });

  it('names what pgBackRest complains of', async () => {
    const elsewhere = { ...archive, configFile: '/tmp/no-such-pgbackrest.conf' };
    await expect(archiveState(elsewhere)).rejects.toMatchObject({
      code: 'archive_failed',
      message: expect.stringContaining('/tmp/no-such-pgbackrest.conf'),
    });
  });
});
