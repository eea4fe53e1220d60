import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { signatureHeaders } from '@matryoshka/application';
import { waitFor } from '@matryoshka/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Call, send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a customer has: a server that takes messages, or does not. */
interface Receiver {
  readonly url: string;
  readonly received: Received[];
  answer: (response: ServerResponse, message: Received) => void;
  close(): Promise<void>;
}

async function startReceiver(): Promise<Receiver> {
  const receiver: { received: Received[]; answer: Receiver['answer'] } = {
    received: [],
    answer: (response) => void response.writeHead(204).end(),
  };
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.once('end', () => {
      const message = { headers: request.headers, body };
      receiver.received.push(message);
      receiver.answer(response, message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
  return Object.assign(receiver, {
    url,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

const fast = { intervalMs: 20, backoffMs: [50, 50, 50], timeoutMs: 500 };
let platform: TestPlatform;
let api: TestApi;
/** Knows no range but the Internet. */
let strict: TestApi;
const open: Receiver[] = [];
const receiver = async (): Promise<Receiver> => {
  const made = await startReceiver();
  open.push(made);
  return made;
};

beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi({ webhookRanges: ['127.0.0.0/8'], webhooks: fast });
  await platform.startApi({ webhookRanges: ['127.0.0.0/8'], webhooks: fast });
});
afterAll(async () => {
  await platform?.stop();
  for (const one of open) await one.close();
});

interface Project {
  readonly id: string;
  readonly admin: string;
}

async function newProject(): Promise<Project> {
  const id = await platform.newProject();
  return { id, admin: await platform.login(id, 'admin') };
}
const call = async (
  id: Parameters<typeof send>[1],
  { admin }: Project,
  more: Call = {},
  where = api,
): Promise<Answer> => await send(where.url, id, { token: admin, ...more });
const hook = async (
  project: Project,
  url: string,
  more: object = {},
): Promise<{ readonly id: string; readonly secret: string }> => {
  const { status, body } = await call('webhook.create', project, { body: { url, ...more } });
  expect(status).toBe(201);
  return body;
};
const newCluster = async (project: Project, name: string): Promise<void> => {
  expect((await call('cluster.create', project, { body: { name } })).status).toBe(202);
};
const types = ({ received }: Receiver): readonly string[] => received.map(({ body }) => JSON.parse(body).type);
const eventually = async (what: () => boolean | Promise<boolean>): Promise<void> =>
  expect(await waitFor(what, { timeoutMs: 15_000, intervalMs: 20 })).toBe(true);
const deliveries = async (project: Project, webhookId: string): Promise<readonly Record<string, unknown>[]> =>
  (await call('webhook.deliveries', project, { params: { webhookId } })).body.items;

function isSigned({ headers, body }: Received, secret: string): boolean {
  const id = String(headers['webhook-id']);
  const at = new Date(Number(headers['webhook-timestamp']) * 1000);
  const wanted = signatureHeaders([secret], { id, body }, at)['webhook-signature'] ?? '';
  return String(headers['webhook-signature']).split(' ').includes(wanted);
}

describe('a webhook', () => {
  it('gets every event of its project once, signed, as a CloudEvent, and nobody else’s', async () => {
    const [project, other] = [await newProject(), await newProject()];
    const mine = await receiver();
    await newCluster(project, 'before');
    const { id, secret } = await hook(project, mine.url);
    await newCluster(other, 'theirs');
    for (const name of ['a', 'b', 'c']) await newCluster(project, name);
    await eventually(() => mine.received.length >= 6);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(types(mine).toSorted()).toEqual([
      ...Array(3).fill('dev.matryoshka.cluster.created'),
      ...Array(3).fill('dev.matryoshka.operation.created'),
    ]);
    expect(new Set(mine.received.map(({ headers }) => headers['webhook-id'])).size).toBe(6);
    for (const message of mine.received) {
      expect(isSigned(message, secret)).toBe(true);
      expect(isSigned({ ...message, body: message.body.replace('1.0', '1.1') }, secret)).toBe(false);
      expect(message.headers['content-type']).toBe('application/cloudevents+json');
      expect(JSON.parse(message.body)).toMatchObject({
        specversion: '1.0',
        id: message.headers['webhook-id'],
        source: `/v1/projects/${project.id}`,
        subject: expect.stringMatching(/^c-/),
        data: { clusterId: expect.stringMatching(/^c-/) },
      });
    }
    const sent = await deliveries(project, id);
    expect(
      sent.every(({ state, attempts, lastStatus }) => state === 'delivered' && attempts === 1 && lastStatus === 204),
    ).toBe(true);
  });

  it('gets the types it wants only, and nothing while it is off', async () => {
    const project = await newProject();
    const mine = await receiver();
    const { id } = await hook(project, mine.url, { eventTypes: ['cluster.created'] });
    const params = { webhookId: id };
    await newCluster(project, 'a');
    await eventually(() => mine.received.length > 0);
    await call('webhook.update', project, { params, body: { enabled: false } });
    await newCluster(project, 'b');
    await call('webhook.update', project, { params, body: { enabled: true, eventTypes: null } });
    await newCluster(project, 'c');
    await eventually(() => mine.received.length >= 3);
    expect(types(mine).toSorted()).toEqual([
      'dev.matryoshka.cluster.created',
      'dev.matryoshka.cluster.created',
      'dev.matryoshka.operation.created',
    ]);
  });

  it('is tried again until it takes, with the same message, and given up in the end', async () => {
    const project = await newProject();
    const mine = await receiver();
    let refusals = 2;
    mine.answer = (response) => void response.writeHead(refusals-- > 0 ? 503 : 200).end();
    const { id } = await hook(project, mine.url, { eventTypes: ['cluster.created'] });
    await newCluster(project, 'a');
    await eventually(async () => (await deliveries(project, id))[0]?.state === 'delivered');
    expect(mine.received).toHaveLength(3);
    expect(new Set(mine.received.map(({ headers, body }) => `${headers['webhook-id']} ${body}`)).size).toBe(1);

    mine.answer = (response) => void response.writeHead(500).end();
    await newCluster(project, 'b');
    await eventually(async () => (await deliveries(project, id))[0]?.state === 'failed');
    const [failed] = await deliveries(project, id);
    expect(failed).toMatchObject({ attempts: 4, lastStatus: 500, lastError: 'answered with 500', nextAttemptAt: null });
    expect((await call('webhook.get', project, { params: { webhookId: id } })).body.failingSince).not.toBeNull();

    mine.answer = (response) => void response.writeHead(200).end();
    const replayed = await call('webhook.replay', project, {
      params: { webhookId: id, deliveryId: String(failed?.id) },
    });
    expect(replayed.body).toMatchObject({ state: 'pending', messageId: failed?.messageId });
    await eventually(async () => (await deliveries(project, id))[0]?.state === 'delivered');
    expect((await call('webhook.get', project, { params: { webhookId: id } })).body.failingSince).toBeNull();
  });

  it('is turned off by 410, and when nothing was taken for days', async () => {
    const project = await newProject();
    const mine = await receiver();
    mine.answer = (response) => void response.writeHead(410).end();
    const gone = await hook(project, mine.url);
    await call('webhook.test', project, { params: { webhookId: gone.id } });
    const get = async (webhookId: string): Promise<Record<string, unknown>> =>
      (await call('webhook.get', project, { params: { webhookId } })).body;
    await eventually(async () => (await get(gone.id)).enabled === false);
    expect(await get(gone.id)).toMatchObject({ disabledReason: 'the receiver answered 410 Gone' });

    const dead = await hook(project, 'http://127.0.0.1:9/');
    await platform.asSuperuser(`update webhooks set failing_since = now() - interval '6 days' where id = '${dead.id}'`);
    await call('webhook.test', project, { params: { webhookId: dead.id } });
    await eventually(async () => (await get(dead.id)).enabled === false);
    expect((await get(dead.id)).disabledReason).toMatch(/^nothing was taken since .*ECONNREFUSED/);
    const again = await call('webhook.update', project, { params: { webhookId: dead.id }, body: { enabled: true } });
    expect(again.body).toMatchObject({ enabled: true, disabledReason: null, failingSince: null });
  });

  it('is signed by both secrets after a rotation, and by the new one alone a day later', async () => {
    const project = await newProject();
    const mine = await receiver();
    const { id, secret } = await hook(project, mine.url, { eventTypes: ['cluster.deleted'] });
    const params = { webhookId: id };
    const { body: rotated } = await call('webhook.rotate', project, { params });
    await call('webhook.test', project, { params });
    await eventually(() => mine.received.length === 1);
    const both = mine.received[0] as Received;
    expect([isSigned(both, secret), isSigned(both, rotated.secret)]).toEqual([true, true]);
    await platform.asSuperuser(`update webhooks set previous_until = now() - interval '1 second' where id = '${id}'`);
    await call('webhook.test', project, { params });
    await eventually(() => mine.received.length === 2);
    const later = mine.received[1] as Received;
    expect([isSigned(later, secret), isSigned(later, rotated.secret)]).toEqual([false, true]);
    expect(api.log.join('\n')).not.toContain('whsec_');
  });

  it('that does not answer holds up nobody else', async () => {
    const [slow, quick] = [await newProject(), await newProject()];
    const deaf = createTcpServer(() => undefined);
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const { id } = await hook(slow, `http://127.0.0.1:${(deaf.address() as AddressInfo).port}/`);
    for (let n = 0; n < 10; n += 1) await call('webhook.test', slow, { params: { webhookId: id } });
    const mine = await receiver();
    await hook(quick, mine.url);
    await newCluster(quick, 'a');
    await eventually(() => mine.received.length === 2);
    const states = (await deliveries(slow, id)).map(({ state }) => state);
    expect(states).not.toContain('delivered');
    await eventually(async () =>
      (await deliveries(slow, id)).some(({ lastError }) => lastError === 'no answer within 0.5 s'),
    );
    deaf.close();
  });

  it('follows no redirect', async () => {
    const project = await newProject();
    const [mine, elsewhere] = [await receiver(), await receiver()];
    mine.answer = (response) => void response.writeHead(302, { location: elsewhere.url }).end();
    const { id } = await hook(project, mine.url, { eventTypes: ['cluster.deleted'] });
    await call('webhook.test', project, { params: { webhookId: id } });
    await eventually(async () => (await deliveries(project, id))[0]?.lastStatus === 302);
    expect(elsewhere.received).toEqual([]);
  });
});

describe('where only the Internet is allowed', () => {
  beforeAll(async () => {
    // The others would send what is to be refused.
    await platform.asSuperuser('update webhooks set enabled = false');
  });

  it('refuses addresses that are none of https, or carry a password', async () => {
    strict = await platform.startApi({ webhooks: { intervalMs: 3_600_000 } });
    const project = await newProject();
    for (const url of ['http://example.com/', 'ftp://example.com/', 'example.com', 'https://ann:pw@example.com/', '']) {
      const { status, body } = await call('webhook.create', project, { body: { url } }, strict);
      expect(status, url).toBe(422);
      expect(body.violations[0].pointer).toBe('/url');
    }
  });

  it('is one of at most twenty', async () => {
    const project = await newProject();
    const body = { url: 'https://example.com/' };
    const made = await Promise.all(
      Array.from({ length: 25 }, async () => (await call('webhook.create', project, { body }, strict)).status),
    );
    expect(made.filter((status) => status === 201)).toHaveLength(20);
    expect((await call('webhook.list', project, { query: { limit: '7' } }, strict)).body).toMatchObject({
      nextCursor: expect.any(String),
    });
  });
});
