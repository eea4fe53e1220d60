import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createKubeClient, type KubeClient } from './client.ts';
import { isConflict, isExpired, isNotFound, isTransient, StatusError } from './errors.ts';

interface Recorded {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Handler = (request: Recorded, response: ServerResponse) => void;

const running: { server: Server; client: KubeClient }[] = [];
afterEach(async () => {
  for (const { server, client } of running.splice(0)) {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const coreV1 = {
  resources: [
    { name: 'configmaps', kind: 'ConfigMap', namespaced: true },
    { name: 'namespaces', kind: 'Namespace', namespaced: false },
    { name: 'pods/log', kind: 'Pod', namespaced: true },
  ],
};

async function serve(handler: Handler): Promise<{ client: KubeClient; seen: Recorded[] }> {
  const seen: Recorded[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const recorded = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      seen.push(recorded);
      if (recorded.url === '/api/v1') json(response, 200, coreV1);
      else handler(recorded, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = createKubeClient({
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'secret-token',
  });
  running.push({ server, client });
  return { client, seen };
}

function json(response: ServerResponse, code: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'n' }, data: { k: 'v' } };
const ref = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace: 'n' };

test('apply sends a server-side apply patch to the path that discovery names', async () => {
  const { client, seen } = await serve((request, response) => json(response, 200, JSON.parse(request.body)));
  await client.apply(configMap, { fieldManager: 'me', force: true });
  const patch = seen[1];
  expect(patch?.method).toBe('PATCH');
  expect(patch?.url).toBe('/api/v1/namespaces/n/configmaps/a?fieldManager=me&force=true');
  expect(patch?.headers['content-type']).toBe('application/apply-patch+yaml');
  expect(patch?.headers.authorization).toBe('Bearer secret-token');
  expect(JSON.parse(patch?.body ?? '')).toEqual(configMap);
});

test('discovery is asked once and again only for an unknown kind', async () => {
  const { client, seen } = await serve((_request, response) => json(response, 200, configMap));
  await client.get(ref);
  await client.get(ref);
  await expect(client.get({ ...ref, kind: 'Widget' })).rejects.toMatchObject({ code: 'kubernetes_unknown_kind' });
  expect(seen.filter(({ url }) => url === '/api/v1')).toHaveLength(2);
});

test('a refusal becomes a StatusError with its reason', async () => {
  const { client } = await serve((_request, response) =>
    json(response, 409, { kind: 'Status', code: 409, reason: 'Conflict', message: 'Apply failed' }),
  );
  const error = await client.apply(configMap, { fieldManager: 'me' }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(StatusError);
  expect(isConflict(error)).toBe(true);
  expect(isTransient(error)).toBe(false);
  expect((error as Error).message).toContain('Apply failed');
});

test('find answers undefined and delete false for what is absent', async () => {
  const { client } = await serve((_request, response) =>
    json(response, 404, { kind: 'Status', code: 404, reason: 'NotFound', message: 'gone' }),
  );
  expect(await client.find(ref)).toBeUndefined();
  expect(await client.delete(ref)).toBe(false);
  expect(isNotFound(await client.get(ref).catch((error: unknown) => error))).toBe(true);
});

test('list follows continue tokens and starts anew when one has expired', async () => {
  let expired = false;
  const { client } = await serve((request, response) => {
    const query = new URL(request.url, 'http://x').searchParams;
    const item = (name: string): unknown => ({ metadata: { name, namespace: 'n' } });
    if (query.get('continue') === 'page2') {
      expired = true;
      json(response, 410, { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' });
    } else if (expired)
      json(response, 200, { metadata: { resourceVersion: '9' }, items: [item('a'), item('b'), item('c')] });
    else json(response, 200, { metadata: { resourceVersion: '5', continue: 'page2' }, items: [item('a')] });
  });
  const { items, resourceVersion } = await client.list({ apiVersion: 'v1', kind: 'ConfigMap', limit: 1 });
  expect(items.map((item) => item.metadata.name)).toEqual(['a', 'b', 'c']);
  expect(items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
  expect(resourceVersion).toBe('9');
});

test('429 is repeated after the time the server asks for', async () => {
  let calls = 0;
  const { client } = await serve((_request, response) => {
    calls += 1;
    if (calls === 1)
      json(response, 429, { kind: 'Status', code: 429, reason: 'TooManyRequests' }, { 'retry-after': '0' });
    else json(response, 200, configMap);
  });
  expect((await client.get(ref)).metadata.name).toBe('a');
  expect(calls).toBe(2);
});

test('a server that does not answer and one that is not there are transient', async () => {
  const { client } = await serve(() => {
    // Never answers.
  });
  const slow = await client.get(ref, { timeoutMs: 50 }).catch((error: unknown) => error);
  expect(slow).toMatchObject({ code: 'kubernetes_timed_out' });
  expect(isTransient(slow)).toBe(true);
  const nobody = createKubeClient({ server: 'http://127.0.0.1:1' });
  const refused = await nobody.get(ref).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'kubernetes_unreachable' });
  expect(isTransient(refused)).toBe(true);
  await nobody.close();
});

test('abort of the caller passes through as it is', async () => {
  const { client } = await serve(() => {
    // Never answers.
  });
  const controller = new AbortController();
  const pending = client.get(ref, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 20);
  await expect(pending).rejects.toThrow('enough');
});

test('watch yields events and bookmarks, and turns an ERROR event into a StatusError', async () => {
  const { client } = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
    const added = line({ type: 'ADDED', object: { metadata: { name: 'a', resourceVersion: '1' } } });
    response.write(added.slice(0, 10));
    setTimeout(() => {
      response.write(added.slice(10) + line({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '7' } } }));
      response.end(line({ type: 'ERROR', object: { code: 410, reason: 'Expired', message: 'too old' } }));
    }, 10);
  });
  const types: string[] = [];
  const failure = await (async () => {
    for await (const event of client.watch({ apiVersion: 'v1', kind: 'ConfigMap' }, { resourceVersion: '0' }))
      types.push(event.type);
    return undefined;
  })().catch((error: unknown) => error);
  expect(types).toEqual(['ADDED', 'BOOKMARK']);
  expect(isExpired(failure)).toBe(true);
});

test('a garbage line ends the watch with a typed error', async () => {
  const { client } = await serve((_request, response) => {
    response.writeHead(200);
    response.end('{"type":"ADDED","obj\n');
  });
  const read = async (): Promise<void> => {
    for await (const _event of client.watch({ apiVersion: 'v1', kind: 'ConfigMap' }, { resourceVersion: '0' }));
  };
  await expect(read()).rejects.toMatchObject({ code: 'kubernetes_watch_garbage' });
});

test('a watch on which nothing comes is given up, however slowly what came is read', async () => {
  const line = `${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'a', resourceVersion: '1' } } })}\n`;
  const { client } = await serve((_request, response) => {
    response.writeHead(200);
    response.write(line);
    // Then never again, as when the server was lost without a word.
  });
  const names: string[] = [];
  const read = async (): Promise<void> => {
    const options = { resourceVersion: '0', silenceMs: 200 };
    for await (const { object } of client.watch({ apiVersion: 'v1', kind: 'ConfigMap' }, options)) {
      names.push(object.metadata.name);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  };
  await expect(read()).rejects.toMatchObject({ code: 'kubernetes_unreachable' });
  expect(names).toEqual(['a']);
});
