import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { defaultClusterSettings, type LogLine } from '@matryoshka/domain';
import {
  createPool,
  createSecretBox,
  fixedKeys,
  insertCluster,
  insertLogExport,
  listLogExports,
  migrate,
  newClusterId,
  newLogExportId,
  type Pool,
  prepareDatabase,
  registerManagementCluster,
  saveProject,
  secretContexts,
} from '@matryoshka/postgres';
import { addressCheck, createLogger } from '@matryoshka/system';
import { startTestPostgres, type TestPostgres } from '@matryoshka/testkit';
import aws4 from 'aws4';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exportOnce, type LogExportOptions } from './run.ts';

// A real database and real receivers; the replicas of the control plane are played.
const log = createLogger('test');
const box = createSecretBox(fixedKeys([randomBytes(32)]));
let postgres: TestPostgres;
let pool: Pool;
let superuser: Pool;
let receiver: Server;
let url: string;

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}
let received: Received[];
let answers: number[];
let said: Map<string, LogLine[]>;

beforeAll(async () => {
  postgres = await startTestPostgres();
  const passwords = { owner: 'o', api: 'a', controller: 'c' };
  await prepareDatabase({ superuserUrl: postgres.superuserUrl, database: 'kaas', passwords });
  await migrate(postgres.url('kaas', 'kaas', 'o'));
  superuser = createPool(postgres.superuserUrl.replace(/postgres$/, 'kaas'));
  pool = createPool(postgres.url('kaas', 'kaas_controller', 'c'));
  await saveProject(superuser, { id: 'p1', name: 'p1' });
  await registerManagementCluster(pool, 'default', 'RegionOne');
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const { method = '', url: path = '', headers } = request;
        received.push({ method, path, headers, body: Buffer.concat(chunks) });
        response.writeHead(answers.shift() ?? 200).end();
      });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});
afterAll(async () => {
  receiver?.closeAllConnections();
  receiver?.close();
  await pool?.end();
  await superuser?.end();
  await postgres?.stop();
});
beforeEach(() => {
  [received, answers, said] = [[], [], new Map()];
});

const options: LogExportOptions = {
  managementCluster: 'default',
  read: async (_cluster, component, since) =>
    new Map(
      [...said].flatMap(([key, lines]) => {
        const [of, pod = ''] = key.split('/');
        if (of !== component) return [];
        const fresh = lines.filter(({ at }) => at > since(pod));
        const upTo = fresh.at(-1)?.at ?? since(pod);
        return [[pod, { lines: fresh.filter(({ text }) => text !== 'of another component'), upTo }] as const];
      }),
    ),
  isAllowed: addressCheck(['127.0.0.0/8']),
  intervalMs: 1_000,
  log,
  signal: AbortSignal.timeout(120_000),
};
const round = async (change: Partial<LogExportOptions> = {}): Promise<void> => {
  await superuser.query('update log_exports set next_at = now()');
  await exportOnce(pool, box, { ...options, ...change });
};
const say = (component: string, pod: string, second: number, text: string): void => {
  const key = `${component}/${pod}`;
  const at = new Date(Date.now() + second * 1000).toISOString().replace('Z', '000000Z');
  said.set(key, [...(said.get(key) ?? []), { at, pod, text }]);
};
const messagesOf = ({ body }: Received) =>
  gunzipSync(body)
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, string>>);
const allMessages = () => received.flatMap(messagesOf).map(({ message }) => message);

async function newExport(kind: 'http' | 's3', secret: string | null, managementCluster = 'default'): Promise<string> {
  await superuser.query('delete from log_exports');
  const clusterId = newClusterId();
  await insertCluster(superuser, {
    ...{
      id: clusterId,
      projectId: 'p1',
      name: clusterId,
      labels: {},
      kubernetesVersion: 'v1.36.3',
      tier: 'ha',
      pools: [],
    },
    ...defaultClusterSettings,
    place: { managementCluster, dataStore: 'default' },
  });
  const id = newLogExportId();
  await insertLogExport(superuser, {
    ...{ id, projectId: 'p1', clusterId, kind, components: ['audit', 'kube-scheduler'], createdBy: 'ann' },
    ...{ url: kind === 's3' ? `${url}/bucket/logs` : `${url}/in`, region: 'eu-1', accessKeyId: 'AKID' },
    secret: secret === null ? null : await box.seal(secret, secretContexts.logExport(id)),
  });
  return clusterId;
}
const stateOf = async (clusterId: string) => (await listLogExports(superuser, clusterId))[0];

describe('an export by http', () => {
  it('sends each line once, of every replica, also of one that came later', async () => {
    const clusterId = await newExport('http', 'Bearer geheim');
    say('audit', 'a', 1, 'one');
    say('audit', 'b', 1, 'two');
    say('kube-scheduler', 'a', 1, 'three');
    await round();
    await round();
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      method: 'POST',
      path: '/in',
      headers: { authorization: 'Bearer geheim', 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson' },
    });
    expect(received.flatMap(messagesOf)).toEqual([
      { time: expect.any(String), cluster: clusterId, component: 'audit', pod: 'a', message: 'one' },
      { time: expect.any(String), cluster: clusterId, component: 'audit', pod: 'b', message: 'two' },
      { time: expect.any(String), cluster: clusterId, component: 'kube-scheduler', pod: 'a', message: 'three' },
    ]);
    say('audit', 'a', 2, 'four');
    said.delete('audit/b');
    say('audit', 'c', 2, 'five');
    await round();
    expect(allMessages()).toEqual(['one', 'two', 'three', 'four', 'five']);
    expect(await stateOf(clusterId)).toMatchObject({ lastError: null, failures: 0, lastSentAt: expect.any(Date) });
  });

  it('sends again what was refused, under the same key, and waits longer each time', async () => {
    const clusterId = await newExport('http', null);
    say('audit', 'a', 1, 'one');
    answers = [500, 403];
    await round();
    await round();
    const failed = await stateOf(clusterId);
    expect(failed).toMatchObject({
      failures: 2,
      lastError: expect.stringMatching(/answered with 403$/),
      lastSentAt: null,
    });
    const { rows } = await superuser.query<{ wait: number }>(
      'select extract(epoch from next_at - now())::float8 as wait from log_exports',
    );
    expect(rows[0]?.wait).toBeGreaterThan(2);
    await round();
    expect(allMessages()).toEqual(['one', 'one', 'one']);
    expect(new Set(received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(await stateOf(clusterId)).toMatchObject({ failures: 0, lastError: null });
  });

  it('calls no internal address, and is another controller’s where the cluster is', async () => {
    const clusterId = await newExport('http', null);
    say('audit', 'a', 1, 'one');
    await round({ isAllowed: addressCheck([]) });
    expect(received).toEqual([]);
    expect((await stateOf(clusterId))?.lastError).toContain('internal address');
    await registerManagementCluster(pool, 'second', 'RegionOne');
    await newExport('http', null, 'second');
    await round();
    expect(received).toEqual([]);
    await round({ managementCluster: 'second' });
    expect(allMessages()).toEqual(['one']);
  });

  it('keeps its place when the replicas cannot be asked', async () => {
    const clusterId = await newExport('http', null);
    const read = async (): Promise<never> => {
      throw new Error('the management cluster is away');
    };
    await round({ read });
    expect(await stateOf(clusterId)).toMatchObject({ lastError: 'the management cluster is away' });
    say('audit', 'a', 1, 'one');
    await round();
    expect(allMessages()).toEqual(['one']);
  });

  it('goes on behind lines of others in the same stream, which it does not read again', async () => {
    await newExport('http', null);
    say('audit', 'a', 1, 'of another component');
    await round();
    expect(received).toEqual([]);
    const asked: string[] = [];
    await round({
      read: async (_cluster, _component, since) => {
        asked.push(since('a'));
        return new Map();
      },
    });
    expect(asked[0]).toBe(said.get('audit/a')?.[0]?.at);
  });

  it('is not worked at twice at once', async () => {
    await newExport('http', null);
    say('audit', 'a', 1, 'one');
    await superuser.query('update log_exports set next_at = now()');
    await Promise.all([exportOnce(pool, box, options), exportOnce(pool, box, options)]);
    expect(allMessages()).toEqual(['one']);
  });
});

describe('an export to a bucket', () => {
  it('puts an object for each replica, signed as S3 demands, and the same one when it is repeated', async () => {
    const clusterId = await newExport('s3', 'SECRET');
    say('audit', 'a', 1, 'one');
    say('audit', 'b', 1, 'two');
    answers = [200, 503];
    await round();
    await round();
    expect(received.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'PUT', 'PUT']);
    expect(new Set(received.map(({ path }) => path)).size).toBe(2);
    const [first] = received;
    expect(first?.path).toMatch(
      new RegExp(`^/bucket/logs/${clusterId}/audit/\\d{4}-\\d\\d-\\d\\d/[^/]+-a\\.ndjson\\.gz$`),
    );
    expect(messagesOf(received[3] as Received).map(({ message }) => message)).toEqual(['two']);
    for (const { path, headers, body } of received) {
      expect(headers['x-amz-content-sha256']).toMatch(/^(UNSIGNED-PAYLOAD|[0-9a-f]{64})$/);
      if (headers['x-amz-content-sha256'] !== 'UNSIGNED-PAYLOAD')
        expect(headers['x-amz-content-sha256']).toBe(createHash('sha256').update(body).digest('hex'));
      // Signed again by another implementation.
      const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
      const signed = Object.fromEntries(names.map((name) => [name, String(headers[name])]));
      const again = aws4.sign(
        { service: 's3', region: 'eu-1', method: 'PUT', host: headers.host ?? '', path, headers: signed },
        { accessKeyId: 'AKID', secretAccessKey: 'SECRET' },
      );
      const signature = (text: unknown): string | undefined => /Signature=([0-9a-f]+)/.exec(String(text))?.[1];
      expect(signature(headers.authorization)).toBe(signature(again.headers?.Authorization));
    }
    expect(await stateOf(clusterId)).toMatchObject({ lastError: null });
  });
});
