import { join } from 'node:path';
import { postgresAccount, postgresPrograms } from '@matryoshka/archive';
import { daemonStatus, stopDaemon } from '@matryoshka/system';
import type { PlatformPaths } from '../config.ts';
import type { PlatformContext, PlatformStep } from '../context.ts';
import type { StepRun } from '../flow/graph.ts';
import { ensureDaemon } from '../processes/ensure-daemon.ts';
import { answers, ensureInitialised, withSuperuser, writeSettings } from './cluster.ts';
import { ensureRoles, rolesAreGood } from './roles.ts';

/** The platform's own PostgreSQL: never the distribution's cluster, which stays as it is. */
export function postgresStep(after: readonly string[]): PlatformStep {
  return {
    id: 'postgres',
    title: 'PostgreSQL',
    after,
    check: async (context) => {
      const { config, paths } = context;
      if ((await daemonStatus(paths.pidFile('postgres'))) === undefined || !(await answers(config, paths)))
        return false;
      const changed = await writeSettings(context, await postgresAccount());
      if (changed) await reload(context);
      if (await waitsForRestart(context)) return false;
      return await rolesAreGood(context);
    },
    apply: startPostgres,
    verify: async (context) => {
      await withSuperuser(context.config, context.paths, async (client) => await client.query('select 1'));
    },
  };
}

async function startPostgres(context: PlatformContext, run: StepRun): Promise<void> {
  const { config, paths } = context;
  const account = await postgresAccount();
  run.report('making the database folder');
  await ensureInitialised(paths, account);
  await writeSettings(context, account);
  if ((await answers(config, paths)) && (await waitsForRestart(context))) {
    run.report('starting it again, for new settings');
    await stopPostgres(paths);
  }
  await ensureDaemon({
    spec: {
      name: 'postgres',
      argv: [join(await postgresPrograms(), 'postgres'), '-D', paths.postgres.data],
      pidFile: paths.pidFile('postgres'),
      logFile: paths.logFile('postgres'),
      env: { LC_ALL: 'C', PGDATA: undefined },
      ...account,
    },
    ready: async () => await answers(config, paths),
    run,
    timeoutMs: 60_000,
    attempts: 10,
  });
  run.report('making roles and databases');
  await ensureRoles(context);
}

async function reload(context: PlatformContext): Promise<void> {
  await withSuperuser(context.config, context.paths, async (client) => await client.query('select pg_reload_conf()'));
}

/** Whether it has settings that it takes at its start only, and has not yet. */
async function waitsForRestart({ config, paths }: PlatformContext): Promise<boolean> {
  return await withSuperuser(config, paths, async (client) => {
    // It reads the files again a moment after it was told to.
    const { rows } = await client.query<{ waits: boolean }>(
      `select exists (select from pg_settings where pending_restart)
         or exists (select from pg_file_settings where not applied and error = 'setting could not be applied') as waits`,
    );
    return rows[0]?.waits === true;
  });
}

/** Ends PostgreSQL; what is committed stays. SIGINT is its fast shutdown, which ends sessions first (PostgreSQL 15, §19.5). */
export async function stopPostgres(paths: PlatformPaths): Promise<void> {
  await stopDaemon(paths.pidFile('postgres'), { signal: 'SIGINT', graceMs: 30_000 });
}
