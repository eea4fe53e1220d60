import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createKubeClient, type KubeClient, type KubeObject } from '@matryoshka/kube';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { copyTenant, restoreTenant, type TenantCopy, verifyTenantCopy } from './tenant-copy.ts';

// A real API server on kine, whose database is copied and exchanged under it. The first one only lends its PostgreSQL.

const id = 'c-aaaaaaaaaa';
const database = 'c_aaaaaaaaaa';
const role = `${database}_${database}`;
let lender: TestApiServer;
let server: TestApiServer | undefined;
let client: KubeClient;

const address = () => ({ host: '127.0.0.1', port: lender.postgres.port, user: 'kamaji', password: 'k' });
beforeAll(async () => {
  lender = await startTestApiServer();
  const { postgres } = lender;
  await postgres.run("create role kamaji superuser login password 'k'");
  await postgres.run(`create role ${role} login password 'x'`);
  await postgres.run(`create database ${database} owner ${role}`);
});
afterAll(async () => {
  await stop();
  await lender?.stop();
});

async function start(): Promise<void> {
  server = await startTestApiServer({ beside: lender, datastore: ({ url }) => url(database, role, 'x') });
  client = createKubeClient(server.connection);
}
async function stop(): Promise<void> {
  await client?.close();
  await server?.stop();
  server = undefined;
}
beforeEach(async () => {
  await stop();
  await start();
});

const ref = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, namespace: 'default' });
const make = async (name: string, text: string): Promise<KubeObject> =>
  await client.apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { text } } as KubeObject,
    { fieldManager: 'test', force: true },
  );
const text = async (name: string): Promise<unknown> =>
  ((await client.find<KubeObject & { data: { text: string } }>(ref(name))) ?? undefined)?.data.text;

async function copy(): Promise<{ readonly made: TenantCopy; readonly content: Buffer }> {
  let content = Buffer.alloc(0);
  const made = await copyTenant(address(), id, async (stream) => {
    content = await buffer(stream);
  });
  return { made, content };
}

it('brings back what there was, and what came later is gone; revisions go on, and watches are told to begin anew', async () => {
  await make('kept', 'as it was');
  await make('changed', 'first');
  await make('deleted', 'still there');
  const { made, content } = await copy();
  expect(made.keys).toBeGreaterThan(50);
  await verifyTenantCopy(address(), id, Readable.from([content]), made);

  await make('changed', 'second');
  await client.delete(ref('deleted'));
  const late = await make('later', 'new');
  const before = Number(late.metadata.resourceVersion);
  await stop();
  const first = await restoreTenant(address(), id, Readable.from([content]), made);
  expect(first).toBeGreaterThan(before);
  await start();

  expect([await text('kept'), await text('changed'), await text('deleted'), await text('later')]).toEqual([
    ...['as it was', 'first', 'still there', undefined],
  ]);
  const written = await make('later', 'again');
  expect(Number(written.metadata.resourceVersion)).toBeGreaterThan(first);
  // An object that somebody still holds from the time in between is a stale one.
  const stale = { ...(late as KubeObject), metadata: { ...late.metadata, uid: undefined } } as unknown as KubeObject;
  await expect(client.update({ ...stale, data: { text: 'mine' } } as KubeObject)).rejects.toThrow('has been modified');
  const path = '/api/v1/namespaces/default/configmaps';
  const query = { watch: 'true', resourceVersion: String(before), timeoutSeconds: '2' };
  const answer = await client.transport.text({ method: 'GET', path, query }).catch((error: unknown) => String(error));
  expect(answer).toMatch(/too old resource version|Expired|410/);
  expect((await copy()).made.keys).toBeGreaterThanOrEqual(made.keys);
});

it('copies the same for the same content, and what is history leaves no trace', async () => {
  for (let n = 0; n < 20; n += 1) await make('busy', String(n));
  await stop();
  const [one, two] = [await copy(), await copy()];
  expect(one.made).toEqual(two.made);
  const rows = Number(await lender.postgres.run("select count(*) from kine where name not like 'gap-%'", database));
  expect(one.made.keys).toBeLessThan(rows - 15);
  await restoreTenant(address(), id, Readable.from([one.content]), one.made);
  const three = await copy();
  expect(three.made.sha256).toBe(one.made.sha256);
  expect(three.made.revision).toBeGreaterThan(one.made.revision);
});

it('changes nothing when the copy is not what was written, or ends too early', async () => {
  await make('kept', 'as it is');
  const { made, content } = await copy();
  await make('kept', 'as it is now');
  await stop();
  const { made: before } = await copy();
  const wrong = { ...made, sha256: '0'.repeat(64) };
  for (const attempt of [
    async () => await verifyTenantCopy(address(), id, Readable.from([content]), wrong),
    async () => await restoreTenant(address(), id, Readable.from([content]), wrong),
  ])
    await expect(attempt()).rejects.toMatchObject({ code: 'backup_differs' });
  const half = Readable.from([content.subarray(0, content.length / 2)]);
  await expect(restoreTenant(address(), id, half, made)).rejects.toThrow();
  const broken = Readable.from(
    (async function* () {
      yield content.subarray(0, 1000);
      throw new Error('the store went away');
    })(),
  );
  await expect(restoreTenant(address(), id, broken, made)).rejects.toThrow('went away');
  expect((await copy()).made).toEqual(before);
  // The role was let in again.
  await start();
  expect(await text('kept')).toBe('as it is now');
});

it('lets nobody write while it exchanges, who was still connected', async () => {
  await make('kept', 'copied');
  const { made, content } = await copy();
  await stop();
  const intruder = new pg.Client({ connectionString: lender.postgres.url(database, role, 'x') });
  intruder.on('error', () => undefined);
  await intruder.connect();
  let admitted = '';
  await restoreTenant(
    address(),
    id,
    Readable.from(
      (async function* () {
        const again = new pg.Client({ connectionString: lender.postgres.url(database, role, 'x') });
        again.on('error', () => undefined);
        admitted = await again.connect().then(
          () => 'in',
          (error: Error) => error.message,
        );
        await again.end().catch(() => undefined);
        yield content;
      })(),
    ),
    made,
  );
  expect(admitted).toMatch(/not permitted to log in/);
  await expect(intruder.query("insert into kine (name) values ('late')")).rejects.toThrow();
  await intruder.end().catch(() => undefined);
});
