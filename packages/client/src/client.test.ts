import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { ProblemError, ServiceUnreachableError } from './errors.ts';
import { eventData, followEvents, streamEvents } from './events.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(
  given: number | ((url: string) => string),
  body = '',
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly baseUrl: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    seen.push({ method: request.method, url: request.url, headers: request.headers, body: text });
    if (typeof given === 'number') response.writeHead(given, headers).end(body);
    else response.writeHead(200, headers).end(given(request.url ?? ''));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen };
}

describe('client', () => {
  it('builds the request from the operation table', async () => {
    const { baseUrl, seen } = await serve(202, '{"id":"op-1"}', { etag: '"3"', 'x-request-id': 'r1' });
    const answer = await createClient({ baseUrl, token: 't' }).request('pool.update', {
      params: { clusterId: 'c-1', poolName: 'a/b' },
      body: { count: 2 },
      ifMatch: '"2"',
      idempotencyKey: 'k',
    });
    expect(answer).toEqual({ data: { id: 'op-1' }, etag: '"3"', requestId: 'r1' });
    expect(seen[0]).toMatchObject({ method: 'PATCH', url: '/v1/clusters/c-1/pools/a%2Fb', body: '{"count":2}' });
    expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer t', 'if-match': '"2"', 'idempotency-key': 'k' });
  });

  it('reads a list to its end', async () => {
    const { baseUrl, seen } = await serve((url) =>
      url.includes('cursor=next') ? '{"items":[{"id":"b"}]}' : '{"items":[{"id":"a"}],"nextCursor":"next"}',
    );
    const items = await createClient({ baseUrl }).list('cluster.list', { query: { limit: 1 } });
    expect(items.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(seen.map(({ url }) => url)).toEqual(['/v1/clusters?limit=1', '/v1/clusters?limit=1&cursor=next']);
  });

  it('throws the problem the service answered', async () => {
    const { baseUrl } = await serve(404, '{"code":"not_found","detail":"no cluster c-1","status":404}');
    const call = createClient({ baseUrl }).call('cluster.get', { params: { clusterId: 'c-1' } });
    await expect(call).rejects.toBeInstanceOf(ProblemError);
    await expect(call).rejects.toMatchObject({ problem: { code: 'not_found' }, message: 'no cluster c-1' });
  });

  it.each([
    [502, '<html>bad gateway</html>', /502 without a problem/],
    [200, 'hello', /not JSON/],
  ])('does not trust an answer %i of something else', async (status, body, message) => {
    const { baseUrl } = await serve(status, body);
    const call = createClient({ baseUrl }).call('me.get', {});
    await expect(call).rejects.toBeInstanceOf(ServiceUnreachableError);
    await expect(call).rejects.toThrow(message);
  });

  it('names the address nobody listens on', async () => {
    const call = createClient({ baseUrl: 'http://127.0.0.1:9' }).call('me.get', {});
    await expect(call).rejects.toThrow(/127\.0\.0\.1:9.*(ECONNREFUSED|bad port)/);
  });

  it('reads events cut anywhere', async () => {
    const event = (id: string): string => `id: ${id}\nevent: cluster.created\ndata: {"id":"${id}"}\n\n`;
    const { baseUrl, seen } = await serve(200, `: hello\n\n${event('1')}${event('2')}id: 3\ndata: {"i`);
    const ids: string[] = [];
    for await (const item of streamEvents({ baseUrl }, { after: '0' })) ids.push(item.id);
    expect(ids).toEqual(['1', '2']);
    expect(seen[0]).toMatchObject({ url: '/v1/events?after=0', headers: { accept: 'text/event-stream' } });
    expect(eventData('data: a\ndata:b')).toBe('a\nb');
  });

  it('says in words when a stream breaks', async () => {
    const { baseUrl } = await serve(200, '');
    server?.removeAllListeners('request').on('request', (_request, response) => {
      response.writeHead(200).write('id: 1\ndata: {"id":"1"}\n\n', () => setImmediate(() => response.destroy()));
    });
    const reading = (async () => {
      for await (const item of streamEvents({ baseUrl }, {})) expect(item.id).toBe('1');
    })();
    await expect(reading).rejects.toBeInstanceOf(ServiceUnreachableError);
    await expect(reading).rejects.toThrow(/broke off/);
  });

  it('follows over cuts, ends and a service that is away, from where it was', async () => {
    const { baseUrl } = await serve(200, '');
    const asked: string[] = [];
    const stop = new AbortController();
    const event = (id: string): string => `id: ${id}\ndata: {"id":"${id}"}\n\n`;
    const turns = [
      ['id: 7\n\n', 'end'],
      [event('8'), 'cut'],
      ['{"code":"database_unavailable","detail":"away","status":503}', '503'],
      [`${event('9')}id: 10\nda`, 'end'],
      [event('10'), 'end'],
    ] as const;
    server?.removeAllListeners('request').on('request', (request, response) => {
      const [text, how] = turns[asked.length] ?? ['', 'end'];
      asked.push(new URL(request.url ?? '', baseUrl).searchParams.get('after') ?? 'now');
      if (how === 'cut') response.writeHead(200).write(text, () => setImmediate(() => response.destroy()));
      else response.writeHead(how === '503' ? 503 : 200).end(text);
    });
    const seen: string[] = [];
    for await (const item of followEvents({ baseUrl }, {}, stop.signal, { retryMs: 1 })) {
      seen.push(item.id);
      if (item.id === '10') stop.abort();
    }
    expect(seen).toEqual(['8', '9', '10']);
    expect(asked).toEqual(['now', '7', '8', '8', '9']);
  });

  it('does not follow what is refused, nor a service that is gone', async () => {
    const follow = async (baseUrl: string) => {
      const options = { retryMs: 1, patienceMs: 20 };
      for await (const item of followEvents({ baseUrl }, {}, new AbortController().signal, options)) return item;
    };
    const { baseUrl } = await serve(401, '{"code":"token_expired","detail":"old","status":401}');
    await expect(follow(baseUrl)).rejects.toBeInstanceOf(ProblemError);
    await expect(follow('http://127.0.0.1:9')).rejects.toBeInstanceOf(ServiceUnreachableError);
  });
});
