import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { checkArchive, postgresAccount, postgresPrograms } from '@matryoshka/archive';
import { daemonStatus, isRunning, startDaemon, stopDaemon, waitFor } from '@matryoshka/system';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { platformArchive } from '../archive/configuration.ts';
import { archiveStep } from '../archive/step.ts';
import type { PlatformContext } from '../context.ts';
import { defineGraph } from '../flow/graph.ts';
import { type FlowEvent, runGraph } from '../flow/run.ts';
import { registryAnswers, registryStep } from '../registry/step.ts';
import { testContext } from '../testing/context.ts';
import { answers, platformAuthority, withSuperuser } from './cluster.ts';
import { postgresStep, stopPostgres } from './step.ts';

let context: PlatformContext;

async function apply(): Promise<readonly boolean[]> {
  const changed: boolean[] = [];
  const onEvent = (event: FlowEvent): void => {
    if (event.type === 'done') changed.push(event.changed);
  };
  await runGraph(defineGraph([postgresStep([]), archiveStep(['postgres']), registryStep(['archive'])]), context, {
    onEvent,
  });
  return changed;
}

beforeAll(async () => {
  context = await testContext();
});

afterEach(async () => {
  await stopPostgres(context.paths);
  await stopDaemon(context.paths.pidFile('registry'));
});

afterAll(async () => {
  await rm(context.config.dataDir, { recursive: true, force: true });
});

describe('PostgreSQL and registry steps', () => {
  it('bring both up, and find all as it should be the second time', async () => {
    expect(await apply()).toEqual([true, true, true]);
    expect(await registryAnswers(context.config)).toBe(true);
    expect(await apply()).toEqual([false, false, false]);
    await withSuperuser(context.config, context.paths, async (client) => {
      const { rows } = await client.query(
        "select datcollate, pg_encoding_to_char(encoding) as encoding from pg_database where datname = 'management'",
      );
      expect(rows).toEqual([{ datcollate: 'C', encoding: 'UTF8' }]);
    });
  });

  it('let roles in over the network with TLS of our authority only', async () => {
    await apply();
    const { ports, network } = context.config;
    const connect = async (ssl: pg.ClientConfig['ssl'], user: string, password: string): Promise<void> => {
      const client = new pg.Client({
        host: network.address,
        port: ports.postgres,
        user,
        password,
        database: 'management',
        ...(ssl === undefined ? {} : { ssl }),
      });
      try {
        await client.connect();
      } finally {
        await client.end();
      }
    };
    const ca = (await platformAuthority(context.paths)).certificate;
    const { management } = context.secrets.postgres;
    await connect({ ca }, 'management', management);
    await expect(connect(undefined, 'management', management)).rejects.toThrow(/no encryption|pg_hba/);
    await expect(connect({ ca }, 'management', 'wrong')).rejects.toThrow(/password/);
    await expect(connect({ ca }, 'postgres', 'x')).rejects.toThrow(/pg_hba|reject/);
  });

  it('come back with their data after every process was killed', async () => {
    await apply();
    await withSuperuser(context.config, context.paths, async (client) => {
      await client.query('create table if not exists kept (value text)');
      await client.query("insert into kept values ('still here')");
    });
    for (const name of ['postgres', 'registry'] as const) {
      const identity = await daemonStatus(context.paths.pidFile(name));
      if (identity === undefined) throw new Error(`${name} does not run`);
      process.kill(identity.pid, 'SIGKILL');
      await waitFor(async () => !(await isRunning(identity)), { timeoutMs: 5000 });
    }
    expect(await apply()).toEqual([true, false, true]);
    await withSuperuser(context.config, context.paths, async (client) => {
      expect((await client.query('select value from kept')).rows).toEqual([{ value: 'still here' }]);
    });
  });

  it('take settings that need a new start, and archive from then on', async () => {
    await apply();
    await stopPostgres(context.paths);
    const conf = join(context.paths.postgres.data, 'postgresql.conf');
    const archived = await readFile(conf, 'utf8');
    const account = await postgresAccount();
    // As an installation of before has it.
    await writeFile(conf, archived.replace('archive_mode = on', 'archive_mode = off'));
    await startDaemon({
      name: 'postgres',
      argv: [join(await postgresPrograms(), 'postgres'), '-D', context.paths.postgres.data],
      pidFile: context.paths.pidFile('postgres'),
      logFile: context.paths.logFile('postgres'),
      ...account,
    });
    await waitFor(async () => await answers(context.config, context.paths), { timeoutMs: 20_000 });
    expect(await apply()).toEqual([true, false, false]);
    await checkArchive(await platformArchive(context.paths));
    expect(await apply()).toEqual([false, false, false]);
  });

  it('do not begin anew where a database was lost that is archived', async () => {
    await apply();
    await stopPostgres(context.paths);
    const { data } = context.paths.postgres;
    await rename(data, `${data}.lost`);
    await expect(apply()).rejects.toMatchObject({ code: 'database_lost' });
    await expect(stat(data)).rejects.toMatchObject({ code: 'ENOENT' });
    await rename(`${data}.lost`, data);
  });

  it('names a taken port in the first line', async () => {
    const blocker = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => blocker.listen(context.config.ports.registry, '127.0.0.1', resolve));
    try {
      const failed = apply();
      await expect(failed).rejects.toMatchObject({ code: 'port_taken', step: 'registry' });
      await expect(failed).rejects.toThrow(/^registry: registry ended at once: its port is taken/);
    } finally {
      await new Promise((resolve) => blocker.close(resolve));
    }
    expect(await readFile(context.paths.logFile('registry'), 'utf8')).toMatch(/in use/);
  });
});
