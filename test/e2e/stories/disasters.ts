import { rm } from 'node:fs/promises';
import { sleep } from '@matryoshka/system';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { cloudIn } from '../support/cloud.ts';
import { killDaemon } from '../support/crash.ts';
import { serviceAddress, withFreshPod } from '../support/kubernetes.ts';
import { kaas, kaasJson, kaasOk, kubectl, managementKubectl, paths, placement } from '../support/platform.ts';
import { replicasOf } from '../support/replicas.ts';
import { sql } from '../support/sql.ts';
import { eventually } from '../support/waiting.ts';

/** Asks a web page ten times a second until `done` has ended; answers how often it was asked and how often in vain. */
async function asking(
  address: string,
  done: Promise<unknown>,
): Promise<{ readonly asked: number; readonly failed: number }> {
  let ended = false;
  let [asked, failed] = [0, 0];
  const end = done.finally(() => {
    ended = true;
  });
  while (!ended) {
    asked += 1;
    try {
      const answer = await request(`http://${address}/`, { headersTimeout: 2_000 });
      if (answer.statusCode !== 200 || !(await answer.body.text()).startsWith('hello')) failed += 1;
    } catch {
      failed += 1;
    }
    await sleep(100);
  }
  await end;
  return { asked, failed };
}

const names = async (context: string, what: string): Promise<readonly string[]> =>
  (await kubectl(context, ['get', what, '-o', 'name'])).trim().split('\n').sort();

/** What a cluster that lives through one is asked afterwards. */
async function expectWhole(id: string): Promise<void> {
  await eventually('the cluster is ready', async () => {
    const { status } = await kaasJson<{ readonly status: { readonly phase: string } }>(['cluster', 'get', 'demo']);
    return status.phase === 'ready' ? true : undefined;
  });
  await kubectl('demo', ['wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=300s']);
  await withFreshPod('demo', async () => {
    const said = await eventually('exec works', async () => {
      const found = await kaas(['kubectl', '--context', 'demo', 'exec', 'fresh', '--', 'echo', 'there']);
      return found.code === 0 ? found.stdout.trim() : undefined;
    });
    expect(said).toBe('there');
  });
  expect(new Set((await replicasOf(id)).map(({ node }) => node)).size).toBe(2);
  // Programs that lost their leases begin again once or twice.
  await eventually('nothing is broken', async () => {
    const doctor = await kaas(['doctor', ...placement]);
    if (doctor.code !== 0) throw new Error(doctor.stdout);
    return true;
  });
}

/** What a provider fears most, with the HA cluster `demo` going on as far as it can. */
export function disasterStories(): void {
  describe('a management cluster of which no server is left', () => {
    it('is made again from PostgreSQL by one command, while workers go on', { timeout: 900_000 }, async () => {
      const { id } = await kaasJson<{ readonly id: string }>(['cluster', 'get', 'demo']);
      const address = await serviceAddress('demo', 'hello');
      const workers = await names('demo', 'nodes');
      await kubectl('demo', ['create', 'configmap', 'before-the-loss']);
      const { cloud, projectId } = await cloudIn('management');
      const all = async () => await cloud.nova.servers.list({ all_tenants: true });
      const servers = (await all()).filter(({ tenant_id }) => tenant_id === projectId);
      expect(servers.length).toBeGreaterThanOrEqual(2);
      const rebuild = async (): Promise<void> => {
        for (const server of servers) await cloud.nova.servers.delete(server.id);
        await eventually('all of them are gone', async () => {
          const left = await all();
          return left.some((server) => servers.some((old) => old.id === server.id)) ? undefined : true;
        });
        expect((await kaas(['kubectl', '--context', 'demo', 'get', 'nodes', '--request-timeout=3s'])).code).not.toBe(0);
        await kaasOk(['up', ...placement]);
      };
      const { asked, failed } = await asking(address, rebuild());
      expect(asked).toBeGreaterThan(50);
      expect(failed, `of ${asked}`).toBe(0);
      await expectWhole(id);
      expect(await names('demo', 'nodes'), 'the same workers').toEqual(workers);
      expect(await names('demo', 'configmap')).toContain('configmap/before-the-loss');
      await kubectl('demo', ['delete', 'configmap', 'before-the-loss']);
      const nodes = (await managementKubectl(['get', 'nodes', '-o', 'name'])).trim().split('\n');
      expect(nodes).toHaveLength(servers.length);
      for (const { name } of servers) expect(nodes).not.toContain(`node/${name}`);
    });
  });

  describe('a PostgreSQL whose disk is lost', () => {
    it('is back from its archive, with all that was archived, while workers go on', { timeout: 900_000 }, async () => {
      const { id } = await kaasJson<{ readonly id: string }>(['cluster', 'get', 'demo']);
      const address = await serviceAddress('demo', 'hello');
      const workers = await names('demo', 'nodes');
      await kubectl('demo', ['create', 'configmap', 'archived']);
      const [segment = ''] = await sql('postgres', 'select pg_walfile_name(pg_switch_wal())');
      await eventually('it is in the archive', async () => {
        const [last = ''] = await sql('postgres', 'select last_archived_wal from pg_stat_archiver');
        return last >= segment ? true : undefined;
      });
      await killDaemon('postgres');
      await rm(paths.postgres.data, { recursive: true });
      const restore = async (): Promise<void> => {
        const up = await kaas(['up', ...placement]);
        expect(up).toMatchObject({ code: 1, stderr: expect.stringContaining('kaas database restore') });
        await kaasOk(['database', 'restore', '--yes', ...placement]);
      };
      const { asked, failed } = await asking(address, restore());
      expect(failed, `of ${asked}`).toBe(0);
      await expectWhole(id);
      expect(await names('demo', 'nodes'), 'the same workers').toEqual(workers);
      expect(await names('demo', 'configmap')).toContain('configmap/archived');
      await kubectl('demo', ['delete', 'configmap', 'archived']);
      // What was written under the new beginning is archived, too.
      await kaasOk(['database', 'backup', ...placement]);
    });
  });
}
