import { connect } from 'node:net';
import { type OperationId, problems } from '@matryoshka/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, answerOf, type Call, contractFault, open, send } from './testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from './testing/platform.ts';

// Every way to ask wrongly: a typed problem, and not one row more or less than before.

let platform: TestPlatform;
let api: TestApi;
let token: string;
let expired: string;
let clusterId: string;
let foreignId: string;

beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi();
  const projectId = await platform.newProject();
  const other = await platform.newProject();
  token = await platform.login(projectId, 'operator');
  expired = await platform.login(projectId, 'operator', { expiresAt: new Date(Date.now() - 1000) });
  const body = { name: 'taken', pools: [{ name: 'workers', flavor: 'm1.small', count: 2 }] };
  clusterId = (await send(api.url, 'cluster.create', { token, body })).body.clusterId;
  const foreigner = await platform.login(other, 'operator');
  foreignId = (await send(api.url, 'cluster.create', { token: foreigner, body })).body.clusterId;
  await platform.setQuota(projectId, 5);
});
afterAll(async () => await platform?.stop());

/** Sends it and answers what came, having made sure that nothing was written. */
async function refused(id: OperationId, call: Call): Promise<Answer> {
  const before = await platform.countRows();
  const answer = await send(api.url, id, { token, ...call });
  expect(await platform.countRows()).toEqual(before);
  return answer;
}
const places = ({ body }: Answer): readonly string[] =>
  (body.violations ?? []).map((item: { pointer: string; code: string; suggestion?: string }) =>
    item.suggestion === undefined
      ? `${item.pointer} ${item.code}`
      : `${item.pointer} ${item.code} → ${item.suggestion}`,
  );
const pool = (change: object) => ({ pools: [{ name: 'w', flavor: 'm1.small', count: 1, ...change }] });

describe('a new cluster is refused', () => {
  it.each([
    ['an unknown version', { kubernetesVersion: '1.36.3' }, ['/kubernetesVersion unknown_version → v1.36.3']],
    [
      'a version without image',
      { kubernetesVersion: 'v1.37.0' },
      ['/kubernetesVersion version_without_image → v1.36.3'],
    ],
    ['a withdrawn version', { kubernetesVersion: 'v1.30.0' }, ['/kubernetesVersion version_withdrawn → v1.36.3']],
    ['a tier typo', { tier: 'standart' }, ['/tier unknown_tier → standard']],
    ['a bad name', { name: 'My Cluster' }, ['/name invalid_name → my-cluster']],
    ['a name with a NUL', { name: 'a\0b' }, ['/name invalid_name → a-b']],
    ['no name', { name: undefined }, ['/name required']],
    ['a count below zero', pool({ count: -1 }), ['/pools/0/count invalid_count']],
    ['half a worker', pool({ count: 1.5 }), ['/pools/0/count invalid_count']],
    ['an unknown flavor', pool({ flavor: 'm1.smal' }), ['/pools/0/flavor unknown_flavor → m1.small']],
    ['two pools of one name', { pools: [...pool({}).pools, ...pool({}).pools] }, ['/pools/1/name duplicate_pool']],
    ['overlapping ranges', { network: { podCidr: '10.96.0.0/12' } }, ['/network/serviceCidr cidr_overlap']],
    ['the provider’s range', { network: { nodeCidr: '172.29.0.0/20' } }, ['/network/nodeCidr cidr_reserved']],
    ['no range', { network: { nodeCidr: 'ten' } }, ['/network/nodeCidr invalid_cidr']],
    [
      'a reserved label',
      pool({ labels: { 'kubernetes.io/os': 'x' } }),
      ['/pools/0/labels/kubernetes.io~1os reserved_key'],
    ],
    ['a label that is a number', pool({ labels: { a: 1 } }), ['/pools/0/labels/a wrong_type']],
    [
      'a taint effect typo',
      pool({ taints: [{ key: 'a', effect: 'NoSchedul' }] }),
      ['/pools/0/taints/0/effect unknown_effect → NoSchedule'],
    ],
    ['an unknown field', { teir: 'ha' }, ['/teir unknown_field → tier']],
  ])('for %s', async (_, change, expected) => {
    const answer = await refused('cluster.create', { body: { name: 'demo', ...change } });
    expect(answer.body).toMatchObject({ status: 422, code: 'validation_failed' });
    expect(places(answer)).toEqual(expected);
  });

  it('with every mistake at once, of shape and of rules', async () => {
    const body = { nam: 'x', tier: 'hq', pools: [{ name: '-', flavor: 7, count: -1, labels: { 'a b': '' } }] };
    expect(
      places(await refused('cluster.create', { body }))
        .map((place) => place.split(' → ')[0])
        .sort(),
    ).toEqual([
      '/nam unknown_field',
      '/name required',
      '/pools/0/count invalid_count',
      '/pools/0/flavor wrong_type',
      '/pools/0/labels/a b invalid_key',
      '/pools/0/name invalid_name',
      '/tier unknown_tier',
    ]);
  });

  it.each([
    ['over the quota', { name: 'demo', ...pool({ count: 4 }) }, ['/pools quota_instances']],
    ['over the nodes of a cluster', { name: 'demo', ...pool({ count: 51 }) }, ['/pools too_many_nodes']],
  ])('%s', async (_, body, expected) => {
    const answer = await refused('cluster.create', { body });
    expect(answer.body).toMatchObject({ status: 422, code: 'quota_exceeded' });
    expect(places(answer)).toEqual(expected);
  });

  it('for a name that is taken', async () => {
    const answer = await refused('cluster.create', { body: { name: 'taken' } });
    expect(answer.body).toMatchObject({ status: 409, code: 'name_taken' });
    expect(places(answer)).toEqual(['/name name_taken']);
  });

  it.each([[undefined], ['[]'], ['"x"'], ['null'], ['7']])('for a body that is %s', async (body) => {
    const answer = await refused('cluster.create', body === undefined ? {} : { body });
    expect(answer.body.code).toBe('validation_failed');
    expect(places(answer)).toEqual([' wrong_type']);
  });
});

describe('a change is refused', () => {
  it.each([
    ['cluster.update', { body: { tier: 'hq' } }, 'validation_failed'],
    ['cluster.update', { body: {} }, 'validation_failed'],
    ['cluster.update', { body: { name: 'other' } }, 'validation_failed'],
    ['pool.create', { body: { name: 'workers', flavor: 'm1.small', count: 1 } }, 'name_taken'],
    ['pool.create', { body: { name: 'more', flavor: 'm1.small', count: 4 } }, 'quota_exceeded'],
    ['pool.create', { body: { name: 'more', flavor: 'm1.big', count: 1 } }, 'validation_failed'],
    ['pool.update', { body: { count: 6 } }, 'quota_exceeded'],
    ['pool.update', { body: { count: -1 } }, 'validation_failed'],
    ['pool.update', { body: { flavor: 'm1.big' } }, 'validation_failed'],
    ['pool.update', { body: { autoscaling: { min: 3, max: 1 } } }, 'validation_failed'],
    ['pool.update', { body: { autoscaling: { min: 0, max: 1 }, count: 2 } }, 'validation_failed'],
  ] as const)('%s %j: %s', async (id, call, code) => {
    const params = { clusterId, poolName: 'workers' };
    expect((await refused(id, { params, ...call })).body.code).toBe(code);
  });

  it.each(['cluster.update', 'cluster.delete', 'pool.create', 'pool.update', 'pool.delete'] as const)(
    '%s with a stale or unreadable If-Match',
    async (id) => {
      const bodies = { 'cluster.update': { tier: 'ha' }, 'pool.update': { count: 1 } } as const;
      const body = id in bodies ? bodies[id as keyof typeof bodies] : { name: 'more', flavor: 'm1.small', count: 1 };
      const call = { params: { clusterId, poolName: 'workers' }, ...(id.endsWith('.delete') ? {} : { body }) };
      for (const [header, code] of [
        ['"7"', 'precondition_failed'],
        ['W/"1"', 'precondition_failed'],
        ['1', 'invalid_header'],
      ] as const)
        expect((await refused(id, { ...call, headers: { 'if-match': header } })).body.code).toBe(code);
    },
  );

  it('of another project’s cluster, which answers as if it were not', async () => {
    for (const id of ['cluster.delete', 'pool.delete'] as const) {
      const answer = await refused(id, { params: { clusterId: foreignId, poolName: 'workers' } });
      expect(answer.body).toMatchObject({ status: 404, code: 'not_found' });
    }
  });
});

describe('a request is refused', () => {
  const create = (call: Call): Promise<Answer> => refused('cluster.create', { body: { name: 'demo' }, ...call });

  it.each([
    ['without a token', () => undefined, 'unauthenticated', 'Bearer'],
    [
      'with a mistyped token',
      () => `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`,
      'unauthenticated',
      'Bearer',
    ],
    ['with a token of something else', () => 'eyJhbGciOiJIUzI1NiJ9.e30.x', 'unauthenticated', 'Bearer'],
    ['with an expired token', () => expired, 'token_expired', 'Bearer error="invalid_token"'],
  ])('%s', async (_, given, code, challenge) => {
    const answer = await create({ token: given() });
    expect(answer.body).toMatchObject({ status: 401, code });
    expect(answer.headers.get('www-authenticate')).toBe(challenge);
  });

  it('without a token before its body is looked at', async () => {
    const answer = await create({ token: undefined, body: 'x'.repeat(300_000) });
    expect(answer.body.code).toBe('unauthenticated');
  });

  it.each([
    ['malformed JSON', '{"name": ', 'invalid_json'],
    ['JSON nested without end', '['.repeat(100_000), 'invalid_json'],
    ['257 KiB', JSON.stringify({ name: 'x'.repeat(257 * 1024) }), 'body_too_large'],
  ])('for %s', async (_, body, code) => {
    const answer = await create({ body, headers: { 'idempotency-key': 'k' } });
    expect(answer.body).toMatchObject({ status: problems[code as 'invalid_json'].status, code });
  });

  it('for a body of no declared length that is too large', async () => {
    const before = await platform.countRows();
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024).fill(0x20)),
    });
    const response = await fetch(`${api.url}/v1/clusters`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: endless,
      duplex: 'half',
    } as RequestInit);
    expect((await answerOf(response)).body.code).toBe('body_too_large');
    expect(await platform.countRows()).toEqual(before);
  });

  it.each([
    [{ 'content-type': 'text/plain' }],
    [{ 'content-type': 'application/x-www-form-urlencoded' }],
    [{ 'content-type': 'application/json', 'content-encoding': 'gzip' }],
  ])('for the headers %j', async (headers) => {
    expect((await create({ headers })).body.code).toBe('unsupported_media_type');
  });

  it('takes JSON with a charset, and any case', async () => {
    const answer = await create({ body: {}, headers: { 'content-type': 'Application/JSON; charset=utf-8' } });
    expect(answer.body.code).toBe('validation_failed');
  });

  it.each(['', 'with space', 'x'.repeat(256), 'ü'])('for the Idempotency-Key %j', async (key) => {
    const before = await platform.countRows();
    const response = open(api.url, 'cluster.create', {
      token,
      body: { name: 'demo' },
      headers: { 'idempotency-key': key },
    });
    expect((await answerOf(await response)).body.code).toBe('invalid_header');
    expect(await platform.countRows()).toEqual(before);
  });

  it('for query parameters that nobody knows', async () => {
    expect(places(await create({ query: { dryRun: 'true' } }))).toEqual(['?dryRun unknown_field']);
    expect(places(await refused('cluster.list', { query: { nam: 'x', limit: '0' } }))).toEqual([
      '?nam unknown_field → name',
      '?limit invalid',
    ]);
    for (const cursor of ['x', 'bm8', ''])
      expect(places(await refused('cluster.list', { query: { cursor } }))).toEqual(['?cursor invalid_cursor']);
  });

  it.each(['%00', 'a%00b', '%F0%9F%90%9A', "'; drop table clusters; --", 'x'.repeat(400)])(
    'for the id %s',
    async (id) => {
      const response = await fetch(`${api.url}/v1/clusters/${id}`, { headers: { authorization: `Bearer ${token}` } });
      const answer = await answerOf(response);
      expect(answer.body).toMatchObject({ status: 404, code: 'not_found' });
      expect(contractFault('cluster.get', answer)).toBeUndefined();
    },
  );

  it.each(['0', 'abc', '-1', '1'.repeat(19)])('for a stream after %s only when that is no id', async (id) => {
    const answer = await fetch(`${api.url}/v1/events`, {
      headers: { authorization: `Bearer ${token}`, 'last-event-id': id },
    });
    expect(answer.status).toBe(id === '0' ? 200 : 400);
    await answer.body?.cancel();
  });
});

describe('a path or method that is not', () => {
  const ask = async (method: string, path: string): Promise<Answer> => {
    const response = await fetch(`${api.url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
    return await answerOf(response);
  };

  it.each(['/', '/v1', '/v2/clusters', '/v1/clusters/', '/v1/%ff', `/v1/clusters/${'x'.repeat(600)}`, '//v1/me'])(
    'GET %s is not found',
    async (path) => {
      const answer = await ask('GET', path);
      expect(answer.body).toMatchObject({ status: 404, code: 'not_found' });
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.headers.get('x-request-id')).toBe(answer.body.requestId);
    },
  );

  it.each([
    ['PUT', '/v1/clusters', 'GET, POST'],
    ['POST', '/v1/clusters/c-aaaaaaaaaa', 'DELETE, GET, PATCH'],
    ['DELETE', '/v1/me', 'GET'],
    ['OPTIONS', '/v1/me', 'GET'],
    ['POST', '/livez', 'GET, HEAD'],
    ['PROPFIND', '/v1/clusters', 'GET, POST'],
  ])('%s %s is not allowed', async (method, path, allow) => {
    const answer = await ask(method, path);
    expect(answer.body).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(answer.headers.get('allow')).toBe(allow);
  });

  it('what is no HTTP is answered with a problem as well', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(api.url).port), '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
      let received = '';
      socket.on('data', (data) => {
        received += String(data);
      });
      socket.on('end', () => resolve(received));
      socket.on('error', reject);
    });
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 400 /);
    expect(head).toContain('application/problem+json');
    expect(JSON.parse(body).code).toBe('invalid_header');
  });
});

describe('every answer', () => {
  it('carries a request id: the caller’s when it is sane', async () => {
    const mine = await fetch(`${api.url}/livez`, { headers: { 'x-request-id': 'mine-1' } });
    expect(mine.headers.get('x-request-id')).toBe('mine-1');
    const odd = await fetch(`${api.url}/livez`, { headers: { 'x-request-id': 'a b"c' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^req-/);
    expect(mine.headers.get('x-content-type-options')).toBe('nosniff');
    expect(mine.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('leaves nothing secret in the log', async () => {
    const [, secretPart = ''] = token.split('kaas_');
    const body = { method: 'password', user: 'ann', password: 'geheim-1' };
    await send(api.url, 'auth.login', { body });
    await open(api.url, 'auth.login', { body: '{"password":"geheim-2",' });
    const log = api.log.join('');
    expect(log).toContain('"path":"/v1/auth/login"');
    expect(log).toContain('"requestId":"mine-1"');
    const durations = [...log.matchAll(/"durationMs":(\d+)/g)].map((match) => Number(match[1]));
    expect(Math.max(...durations)).toBeGreaterThan(0);
    expect(log).not.toContain('geheim');
    expect(log).not.toContain(secretPart);
  });
});
