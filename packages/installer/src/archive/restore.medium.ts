import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@matryoshka/system';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PlatformContext } from '../context.ts';
import { defineGraph } from '../flow/graph.ts';
import { runGraph } from '../flow/run.ts';
import { withSuperuser } from '../postgres/cluster.ts';
import { postgresStep, stopPostgres } from '../postgres/step.ts';
import { writeState } from '../state/state.ts';
import { testContext } from '../testing/context.ts';
import { type RestoredDatabase, restoreDatabase } from './restore.ts';
import { archiveStep } from './step.ts';

let context: PlatformContext;

const ask = async (sql: string, database = 'postgres'): Promise<unknown> =>
  await withSuperuser(
    context.config,
    context.paths,
    async (client) => Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0],
    database,
  );
const restore = async (at?: Date): Promise<RestoredDatabase> =>
  await restoreDatabase({
    platform: { dataDir: context.config.dataDir },
    ...(at === undefined ? {} : { at }),
  });

beforeAll(async () => {
  context = await testContext();
  await writeState(context.config);
  await up();
  await ask('create table kept (v text)');
  await ask('create database c_aaaaaaaaaa');
  // As kine makes it (pkg/drivers/pgsql).
  await ask(
    'create table kine (id bigserial primary key, name text, created int, deleted int, create_revision bigint, prev_revision bigint, lease int, value bytea, old_value bytea)',
    'c_aaaaaaaaaa',
  );
  await ask("insert into kine (name, created, deleted) values ('compact_rev_key', 0, 0), ('/a', 1, 0)", 'c_aaaaaaaaaa');
}, 120_000);

async function up(): Promise<void> {
  await runGraph(defineGraph([postgresStep([]), archiveStep(['postgres'])]), context);
}

afterEach(up);

afterAll(async () => {
  await stopPostgres(context.paths);
  await rm(context.config.dataDir, { recursive: true, force: true });
});

const rows = async (): Promise<unknown> => await ask("select coalesce(string_agg(v, ' ' order by v), '') from kept");
const revision = async (): Promise<number> => Number(await ask('select max(id) from kine', 'c_aaaaaaaaaa'));
const folders = async (): Promise<readonly string[]> =>
  (await readdir(context.paths.postgres.root)).filter((name) => name.startsWith('data')).sort();

describe('a PostgreSQL that is put back', () => {
  it('has everything there was when its disk is lost, but what was not archived', async () => {
    await ask("insert into kept values ('archived')");
    await ask('select pg_switch_wal()');
    await waitFor(async () => (await ask('select last_archived_wal is not null from pg_stat_archiver')) === true, {
      timeoutMs: 20_000,
    });
    const before = await revision();
    await stopPostgres(context.paths);
    await rm(context.paths.postgres.data, { recursive: true });
    expect(await restore()).toEqual({ replaced: undefined, stores: ['c_aaaaaaaaaa'] });
    expect(await rows()).toBe('archived');
    expect(await revision(), 'above all that anybody may have seen').toBeGreaterThanOrEqual(before + 1_000_000);
    await ask("insert into kine (name, created) values ('/b', 1)", 'c_aaaaaaaaaa');
    expect(
      await ask(
        "select id - (select id from kine where name = 'compact_rev_key') from kine where name = '/b'",
        'c_aaaaaaaaaa',
      ),
    ).toBe('1');
  });

  it('takes what was written a moment ago of the log of one that is there, also when that was killed', async () => {
    await ask("insert into kept values ('just-now')");
    await stopPostgres(context.paths);
    // Nobody asks it for what is not archived any more.
    await rm(join(context.paths.postgres.data, 'PG_VERSION'));
    const { replaced } = await restore();
    expect(await rows()).toBe('archived just-now');
    expect(replaced).toMatch(/data\.replaced-\d{14}$/);
    expect(await folders()).toEqual(['data', expect.stringMatching(/^data\.replaced-/)]);
    await rm(replaced ?? '', { recursive: true });
  });

  it('goes back to a moment, and from there again to the one before it', async () => {
    await ask("insert into kept values ('wanted')");
    const moment = (await ask("select clock_timestamp() + interval '1100 ms'")) as Date;
    await waitFor(() => Date.now() > moment.getTime() + 50, { timeoutMs: 5_000 });
    await ask('delete from kept');
    await restore(moment);
    expect(await rows()).toBe('archived just-now wanted');
    await ask("insert into kept values ('z-after')");
    await restore();
    expect(await rows(), 'the archive goes on behind it').toBe('archived just-now wanted z-after');
  });

  it('stays as it is when the moment is not in the archive', async () => {
    const before = [await rows(), await folders()];
    for (const at of [new Date(0), new Date(Date.now() + 3_600_000)])
      await expect(restore(at)).rejects.toMatchObject({ code: 'moment_not_archived' });
    expect([await rows(), await folders()]).toEqual(before);
  });

  it('stays as it is when the archive is damaged', async () => {
    const before = await folders();
    const { repository, stanza } = context.paths.archive;
    const backups = join(repository, 'backup', stanza);
    for (const set of (await readdir(backups)).filter((name) => /F$/.test(name)))
      await writeFile(join(backups, set, 'backup.manifest'), 'nonsense');
    for (const set of (await readdir(backups)).filter((name) => /F$/.test(name)))
      await writeFile(join(backups, set, 'backup.manifest.copy'), 'nonsense');
    await expect(restore()).rejects.toMatchObject({ code: 'archive_failed' });
    await up();
    expect(await rows()).toBe('archived just-now wanted z-after');
    expect((await folders()).filter((name) => !name.endsWith('.restoring'))).toEqual(before);
  });
});
