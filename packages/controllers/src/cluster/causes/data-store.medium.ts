import { type ClusterAction, causeCodes } from '@matryoshka/domain';
import { createKubeClient, type KubeClient } from '@matryoshka/kube';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeFailure } from '../failures.ts';

// What a customer's API server really answers when the disk under its database is full.

let server: TestApiServer;
let client: KubeClient;
beforeAll(async () => {
  server = await startTestApiServer({ diskMib: 64 });
  client = createKubeClient(server.connection);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

const addons = { type: 'applyTenantAddons' } as ClusterAction;
const configMap = (name: string, data: Readonly<Record<string, string>> = {}) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } },
  data,
});
const named = async (name: string, data?: Readonly<Record<string, string>>) => {
  try {
    await client.create(configMap(name, data));
    return undefined;
  } catch (error) {
    return describeFailure(addons, error).reason;
  }
};

const inDatabase = async (sql: string): Promise<unknown> => await server.postgres.run(sql, 'kine');

it('DataStoreFull is named while the disk is full, neither before nor after', async () => {
  // Something that can be taken away later.
  await inDatabase(
    "create table ballast as select decode(repeat(md5(random()::text), 60), 'hex') as x from generate_series(1, 8000)",
  );
  let said: string | undefined;
  let written = 0;
  while (said === undefined && written < 1_000) {
    const noise = Array.from({ length: 20_000 }, () => Math.random().toString(36).slice(2)).join('');
    said = await named(`fill-${written}`, { noise });
    if (said === undefined) written += 1;
  }
  expect(written).toBeGreaterThan(5);
  expect(said).toBe('DataStoreFull');
  expect(causeCodes).toContain(said);
  // What was acknowledged is there, and can be read.
  const { items } = await client.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' });
  expect(items.filter(({ metadata }) => metadata.name.startsWith('fill-'))).toHaveLength(written);

  await inDatabase('drop table ballast');
  await inDatabase('checkpoint');
  await expect.poll(async () => await named('after'), { timeout: 30_000 }).toBeUndefined();
});
