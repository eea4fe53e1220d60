import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectCloud } from '../cloud.ts';
import { isOpenStackError } from './errors.ts';

// A real HTTP server that speaks just enough of two services to show what the session does with answers.
let server: Server;
let root: string;
let logins: number;
let validTokens: Set<string>;
let expiresInMs: number;
let seen: {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  logins = 0;
  validTokens = new Set();
  expiresInMs = 3_600_000;
  seen = [];
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      if (request.method === 'POST' && request.url === '/v3/auth/tokens') {
        if (body.includes('wrong')) return end(response, 401, { error: { code: 401, message: 'bad password' } });
        logins += 1;
        validTokens.add(`token-${logins}`);
        response.setHeader('x-subject-token', `token-${logins}`);
        return end(response, 201, { token: tokenInfo() });
      }
      if (!validTokens.has(String(request.headers['x-auth-token'])))
        return end(response, 401, { error: { message: 'no' } });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function end(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

const tokenInfo = () => ({
  user: { id: 'u', name: 'admin', domain: {} },
  project: { id: 'p', name: 'admin', domain: {} },
  methods: ['password'],
  issued_at: new Date().toISOString(),
  expires_at: new Date(Date.now() + expiresInMs).toISOString(),
  catalog: [
    { type: 'network', endpoints: [{ interface: 'public', region_id: 'RegionOne', url: `${root}/net` }] },
    { type: 'compute', endpoints: [{ interface: 'public', region_id: 'RegionOne', url: `${root}/v2.1` }] },
  ],
});

const cloud = (password = 'secret') =>
  connectCloud({
    authUrl: `${root}/v3/`,
    credentials: { method: 'password', user: { name: 'admin', domain: { name: 'Default' } }, password },
  });

describe('session', () => {
  it('logs in once for many calls and adds the missing version to the endpoint', async () => {
    answer = (_request, response) => end(response, 200, { networks: [] });
    const { neutron } = cloud();
    await neutron.networks.list({ name: 'a b' });
    await neutron.networks.list();
    expect(logins).toBe(1);
    expect(seen.map((call) => call.url)).toEqual([
      '/v3/auth/tokens',
      '/net/v2.0/networks?name=a+b',
      '/net/v2.0/networks',
    ]);
  });

  it('logs in again when a token is refused, once', async () => {
    answer = (_request, response) => end(response, 200, { networks: [] });
    const { neutron } = cloud();
    await neutron.networks.list();
    validTokens.clear();
    await neutron.networks.list();
    expect(logins).toBe(2);
  });

  it('renews a token that is about to end', async () => {
    answer = (_request, response) => end(response, 200, { networks: [] });
    expiresInMs = 30_000;
    const { neutron } = cloud();
    await neutron.networks.list();
    await neutron.networks.list();
    expect(logins).toBeGreaterThan(1);
  });

  it('says what was wrong with a login', async () => {
    await expect(cloud('wrong').neutron.networks.list()).rejects.toMatchObject({
      code: 'openstack_401',
      service: 'identity',
      message: expect.stringContaining('bad password'),
    });
  });

  it('follows every page and never to another host', async () => {
    answer = (request, response) => {
      const page = new URL(request.url ?? '', root).searchParams.get('marker');
      if (page === null)
        end(response, 200, {
          servers: [{ id: '1' }],
          servers_links: [{ rel: 'next', href: `${root}/v2.1/servers/detail?marker=1` }],
        });
      else if (page === '1')
        end(response, 200, { servers: [{ id: '2' }], servers_links: [{ rel: 'next', href: 'http://evil.invalid/x' }] });
    };
    await expect(cloud().nova.servers.list()).rejects.toThrow(/another host/);
    expect(seen.filter((call) => call.url.startsWith('/v2.1'))).toHaveLength(2);
    expect(seen.at(-1)?.headers['openstack-api-version']).toMatch(/^compute 2\.\d+$/);
  });

  it('waits and repeats when the service is busy', async () => {
    let busy = 2;
    answer = (_request, response) => {
      if (busy === 0) return end(response, 201, { network: { id: 'n' } });
      busy -= 1;
      response.setHeader('retry-after', '0');
      end(response, 429, { message: 'slow down' });
    };
    expect(await cloud().neutron.networks.create({ name: 'n' })).toEqual({ id: 'n' });
  });

  it('repeats a broken GET but never a broken POST', async () => {
    let calls = 0;
    answer = (_request, response) => {
      calls += 1;
      if (calls === 1) response.destroy();
      else end(response, 200, { networks: [{ id: 'n' }] });
    };
    expect(await cloud().neutron.networks.list()).toHaveLength(1);
    calls = 0;
    await expect(cloud().neutron.networks.create({ name: 'n' })).rejects.toMatchObject({
      code: 'openstack_unreachable',
    });
    expect(calls).toBe(1);
  });

  it('carries service, status, request id and reason of a failure', async () => {
    answer = (_request, response) => {
      response.setHeader('x-openstack-request-id', 'req-1');
      end(response, 409, { NeutronError: { type: 'OverQuota', message: 'Quota exceeded for resources', detail: '' } });
    };
    const failed = cloud().neutron.networks.create({ name: 'n' });
    await expect(failed).rejects.toMatchObject({ service: 'network', status: 409, requestId: 'req-1', actor: 'user' });
    await expect(failed).rejects.toThrow(/Quota exceeded/);
  });

  it('treats deleting or finding an absent thing as an answer', async () => {
    answer = (_request, response) => end(response, 404, { itemNotFound: { message: 'gone', code: 404 } });
    const { nova } = cloud();
    expect(await nova.servers.find('x')).toBeUndefined();
    await nova.servers.delete('x');
    await expect(nova.servers.get('x')).rejects.toThrow(/gone/);
  });

  it('names a service that the catalogue lacks, and a cloud that is off', async () => {
    await expect(cloud().octavia.loadBalancers.list()).rejects.toThrow(/no load-balancer endpoint/);
    const off = connectCloud({ authUrl: 'http://127.0.0.1:1/v3', credentials: { method: 'token', token: 't' } });
    const error: unknown = await off.session.token().catch((thrown: unknown) => thrown);
    expect(isOpenStackError(error, 0)).toBe(true);
  });
});
