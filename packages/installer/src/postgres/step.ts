import { join } from 'node:path';
import { daemonStatus, stopDaemon } from '@matryoshka/system';
import type { PlatformPaths } from '../config.ts';
import type { PlatformContext, PlatformStep } from '../context.ts';
import type { StepRun } from '../flow/graph.ts';
import { ensureDaemon } from '../processes/ensure-daemon.ts';
import {
  answers,
  ensureInitialised,
  postgresAccount,
  postgresPrograms,
  withSuperuser,
  writeSettings,
} from './cluster.ts';
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

/** Ends PostgreSQL; what is committed stays. SIGINT is its fast shutdown, which ends sessions first (PostgreSQL 15, §19.5). */
export async function stopPostgres(paths: PlatformPaths): Promise<void> {
  await stopDaemon(paths.pidFile('postgres'), { signal: 'SIGINT', graceMs: 30_000 });
}
