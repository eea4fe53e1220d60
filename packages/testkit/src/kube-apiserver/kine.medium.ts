import { createKubeClient, type KubeClient } from '@matryoshka/kube';
import { describe, expect, it } from 'vitest';
import { startTestApiServer, type TestApiServerOptions } from './start.ts';

// What the platform relies on in kine, and what stock kine v0.17.5 does not do (ADR 0014).

async function withApiServer<T>(options: TestApiServerOptions, work: Work<T>): Promise<T> {
  const server = await startTestApiServer(options);
  const client = createKubeClient(server.connection);
  try {
    return await work(client, server);
  } finally {
    await client.close();
    await server.stop();
  }
}
type Work<T> = (client: KubeClient, server: Awaited<ReturnType<typeof startTestApiServer>>) => Promise<T>;

const configMap = (name: string) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } },
  data: { some: 'x'.repeat(2_000) },
});
const names = async (client: KubeClient): Promise<ReadonlySet<string>> =>
  new Set(
    (await client.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' })).items.map(
      ({ metadata }) => metadata.name,
    ),
  );

/** So many writers at once, each of which creates so many; answers what was acknowledged, and what was said otherwise. */
async function write(client: KubeClient, writers: number, each: number, prefix = 'w') {
  const acknowledged: string[] = [];
  const errors: unknown[] = [];
  const writer = async (n: number): Promise<void> => {
    for (let i = 0; i < each; i += 1) {
      const name = `${prefix}-${n}-${i}`;
      try {
        await client.create(configMap(name));
        acknowledged.push(name);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: writers }, async (_, n) => await writer(n)));
  return { acknowledged, errors };
}

describe('kine', () => {
  it('serves more writers than it may open connections', async () => {
    await withApiServer({ kineFlags: ['--datastore-max-open-connections=4'] }, async (client) => {
      const { acknowledged, errors } = await write(client, 64, 10);
      expect(errors).toEqual([]);
      const stored = await names(client);
      expect(acknowledged.filter((name) => !stored.has(name))).toEqual([]);
      expect(acknowledged).toHaveLength(640);
    });
  });

  it('loses nothing that it has acknowledged while PostgreSQL is killed again and again', async () => {
    await withApiServer({}, async (client, { postgres }) => {
      let done = false;
      const killing = (async () => {
        for (let i = 0; i < 5; i += 1) {
          await new Promise((resolve) => setTimeout(resolve, 300));
          await postgres.kill();
          await postgres.restart();
        }
        done = true;
      })();
      const acknowledged: string[] = [];
      const errors: unknown[] = [];
      for (let round = 0; !done; round += 1) {
        const wrote = await write(client, 8, 10, `r${round}`);
        acknowledged.push(...wrote.acknowledged);
        errors.push(...wrote.errors);
      }
      await killing;
      await expect.poll(async () => (await write(client, 1, 1, 'last')).errors, { timeout: 30_000 }).toEqual([]);
      const stored = await names(client);
      expect(acknowledged.filter((name) => !stored.has(name))).toEqual([]);
      // The kills were felt, so that the line above says something.
      expect(errors.length).toBeGreaterThan(0);
    });
  });

  it('keeps its table bounded, because the API server tells it what may go', async () => {
    // An hour of churn in a few seconds: the API server compacts every five minutes by default.
    await withApiServer({ flags: ['--etcd-compaction-interval=2s'] }, async (client, { postgres }) => {
      const rows = async (): Promise<number> => Number(await postgres.run('select count(*) from kine', 'kine'));
      const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' };
      for (const name of ['a', 'b', 'c', 'd']) await client.create(configMap(name));
      const churn = async (name: string): Promise<void> => {
        for (let n = 0; n < 1_000; n += 1)
          await client.patch({ ...ref, name }, { data: { some: String(n) } }, { type: 'merge' });
      };
      await Promise.all(['a', 'b', 'c', 'd'].map(churn));
      // kine keeps the newest thousand revisions whatever it is told (sqllog/sql.go, safeCompactRev).
      await expect.poll(rows, { timeout: 60_000, interval: 500 }).toBeLessThan(2_500);
      for (const name of ['a', 'b', 'c', 'd'])
        expect(await client.get({ ...ref, name })).toMatchObject({ data: { some: '999' } });
    });
  });
});
