import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { daemonStatus, isRunning, stopDaemon, waitFor } from '@matryoshka/system';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { platformConfig, platformPaths } from '../config.ts';
import type { PlatformContext } from '../context.ts';
import { defineGraph } from '../flow/graph.ts';
import { type FlowEvent, runGraph } from '../flow/run.ts';
import { registryAnswers, registryStep } from '../registry/step.ts';
import { ensureSecrets } from '../secrets/secrets.ts';
import { platformAuthority, withSuperuser } from './cluster.ts';
import { postgresStep, stopPostgres } from './step.ts';

let dataDir: string;
let context: PlatformContext;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

async function apply(): Promise<readonly boolean[]> {
  const changed: boolean[] = [];
  const onEvent = (event: FlowEvent): void => {
    if (event.type === 'done') changed.push(event.changed);
  };
  await runGraph(defineGraph([postgresStep([]), registryStep(['postgres'])]), context, { onEvent });
  return changed;
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'mat-pg-'));
  // PostgreSQL's own user must be able to enter.
  await chmod(dataDir, 0o755);
  const config = platformConfig({
    dataDir,
    network: { address: '127.0.0.1', cidr: '198.51.100.0/24' },
    ports: { postgres: await freePort(), registry: await freePort() },
  });
  context = { config, paths: platformPaths(config), secrets: await ensureSecrets(config) };
});

afterEach(async () => {
  await stopPostgres(context.paths);
  await stopDaemon(context.paths.pidFile('registry'));
});

afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

describe('PostgreSQL and registry steps', () => {
  it('bring both up, and find all as it should be the second time', async () => {
    expect(await apply()).toEqual([true, true]);
    expect(await registryAnswers(context.config)).toBe(true);
    expect(await apply()).toEqual([false, false]);
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
    expect(await apply()).toEqual([true, true]);
    await withSuperuser(context.config, context.paths, async (client) => {
      expect((await client.query('select value from kept')).rows).toEqual([{ value: 'still here' }]);
    });
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
