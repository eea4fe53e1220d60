import { copyFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { waitFor } from '@matryoshka/system';
import { makeTestCertificate, type TestCertificate } from '@matryoshka/testkit';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';
import { startIssuer } from './issuer.ts';

const issuerUrl = 'https://issuer.test/kaas';
let platform: TestPlatform;
let api: TestApi;
let certificate: TestCertificate;
let issuer: Awaited<ReturnType<typeof startIssuer>>;
let log: string[];

beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi({ issuerUrl });
  certificate = await makeTestCertificate();
  log = [];
  issuer = await startIssuer({
    pool: api.pool,
    secretBox: platform.secretBox,
    url: `${issuerUrl}/`,
    listen: { host: '127.0.0.1', port: 0 },
    ...certificate,
    log: pino({ level: 'trace' }, { write: (line) => log.push(line) }),
    renewalIntervalMs: 20,
  });
});
afterAll(async () => {
  await issuer?.close();
  await platform?.stop();
  await certificate?.remove();
});

async function fetchIssuer(
  path: string,
  ca: string = certificate.certificate,
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  return await new Promise((resolve, reject) => {
    get(`${issuer.address}${path}`, { ca, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode, text }));
    }).once('error', reject);
  });
}

const publishedKeys = async (): Promise<JSONWebKeySet> =>
  JSON.parse((await fetchIssuer('/kaas/keys')).text) as JSONWebKeySet;

async function newCluster(): Promise<{ readonly projectId: string; readonly clusterId: string }> {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'admin');
  const { body } = await send(api.url, 'cluster.create', { token, body: { name: 'demo' } });
  return { projectId, clusterId: body.clusterId };
}
const ask = async (token: string, clusterId: string, headers = {}): Promise<Answer> =>
  await send(api.url, 'credential.create', { token, params: { clusterId }, headers });

describe('a credential', () => {
  it('says who it is for, for which cluster, with which role, for a quarter of an hour', async () => {
    const { projectId, clusterId } = await newCluster();
    const keys = createLocalJWKSet(await publishedKeys());
    for (const role of ['viewer', 'operator', 'admin'] as const) {
      const before = Math.floor(Date.now() / 1000);
      const { status, body } = await ask(await platform.login(projectId, role), clusterId);
      expect(status).toBe(201);
      const { payload, protectedHeader } = await jwtVerify(body.token, keys, {
        issuer: issuerUrl,
        audience: clusterId,
      });
      expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'JWT' });
      const { iat = 0, exp = 0, jti, ...claims } = payload;
      expect(claims).toEqual({ iss: issuerUrl, sub: `u-${role}`, aud: clusterId, name: role, role, epoch: 1 });
      expect(iat).toBeGreaterThanOrEqual(before);
      expect(exp - iat).toBe(900);
      expect(body).toMatchObject({
        expiresAt: new Date(exp * 1000).toISOString(),
        username: `kaas:u-${role}`,
        groups: [`kaas:${role}`],
      });
      const audit = await platform.controller.query<{ after: unknown }>(
        `select after from audit_records where action = 'credential.create' and resource = $1 order by id desc limit 1`,
        [clusterId],
      );
      expect(audit.rows[0]?.after).toEqual({ credential: jti, role, expiresAt: body.expiresAt });
    }
  });

  it('has the role of the token that asks, and only for its clusters', async () => {
    const { projectId, clusterId } = await newCluster();
    const admin = await platform.login(projectId, 'admin');
    const { body: sibling } = await send(api.url, 'cluster.create', { token: admin, body: { name: 'sibling' } });
    const body = { name: 'ci', role: 'viewer', clusterIds: [clusterId] };
    const { token } = (await send(api.url, 'token.create', { token: admin, body })).body;
    expect(decodeJwt((await ask(token, clusterId)).body.token)).toMatchObject({ role: 'viewer', aud: clusterId });
    expect((await ask(token, sibling.clusterId)).body.code).toBe('not_found');
  });

  it('is signed by one key, however many ask for the first at once', async () => {
    const { projectId, clusterId } = await newCluster();
    const token = await platform.login(projectId, 'viewer');
    await platform.asSuperuser('delete from signing_keys');
    const answers = await Promise.all(Array.from({ length: 30 }, async () => await ask(token, clusterId)));
    const used = new Set(answers.map(({ body }) => decodeProtectedHeader(body.token).kid));
    expect(used.size).toBe(1);
    expect((await publishedKeys()).keys.map(({ kid }) => kid)).toEqual([...used]);
  });

  it('is signed by another key after ninety days; what the old one signed stays good for its time', async () => {
    const { projectId, clusterId } = await newCluster();
    const token = await platform.login(projectId, 'viewer');
    const old = (await ask(token, clusterId)).body.token;
    await platform.asSuperuser(`update signing_keys set created_at = now() - interval '91 days'`);
    const fresh = (await ask(token, clusterId)).body.token;
    expect(decodeProtectedHeader(fresh).kid).not.toBe(decodeProtectedHeader(old).kid);
    const keys = createLocalJWKSet(await publishedKeys());
    for (const each of [old, fresh]) await jwtVerify(each, keys, { issuer: issuerUrl });
    await platform.asSuperuser(
      `update signing_keys set retired_at = now() - interval '2 hours' where retired_at is not null`,
    );
    expect((await publishedKeys()).keys.map(({ kid }) => kid)).toEqual([decodeProtectedHeader(fresh).kid]);
  });

  it('lies nowhere in clear, nor does the key that signed it', async () => {
    const { projectId, clusterId } = await newCluster();
    const token = await platform.login(projectId, 'viewer');
    const key = { 'idempotency-key': 'one' };
    const first = await ask(token, clusterId, key);
    expect((await ask(token, clusterId, key)).text).toBe(first.text);
    const signature = first.body.token.split('.')[2];
    for (const table of ['idempotency_keys', 'audit_records', 'events', 'operations', 'signing_keys']) {
      const { rows } = await (table === 'signing_keys' ? api.pool : platform.controller).query<{ text: string }>(
        `select t::text as text from ${table} t`,
      );
      expect(rows.length).toBeGreaterThan(0);
      const text = rows.map((row) => row.text).join('\n');
      expect(text).not.toContain(signature);
      expect(text).not.toContain('PRIVATE KEY');
      expect(text).not.toContain('"d"');
    }
    expect(api.log.join('\n')).not.toContain(signature);
    await expect(platform.controller.query('select * from signing_keys')).rejects.toThrow(/permission denied/);
  });

  it('of an earlier epoch is told from a later one', async () => {
    const { projectId, clusterId } = await newCluster();
    const params = { clusterId };
    const operator = await platform.login(projectId, 'operator');
    expect((await send(api.url, 'credential.revoke', { token: operator, params })).status).toBe(403);
    const admin = await platform.login(projectId, 'admin');
    const { body } = await send(api.url, 'credential.revoke', { token: admin, params });
    expect(body).toMatchObject({ kind: 'credential.revoke', state: 'running', clusterId });
    expect(decodeJwt((await ask(operator, clusterId)).body.token)).toMatchObject({ epoch: 2 });
    const stale = { token: admin, params, headers: { 'if-match': '"1"' } };
    expect((await send(api.url, 'credential.revoke', stale)).body.code).toBe('precondition_failed');
  });
});

describe('the issuer', () => {
  it('publishes what OpenID Connect discovery asks for, and nothing else', async () => {
    const { status, text } = await fetchIssuer('/kaas/.well-known/openid-configuration');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` });
    for (const { d, ...key } of (await publishedKeys()).keys) {
      expect(d).toBeUndefined();
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', use: 'sig', alg: 'ES256' });
    }
    for (const path of ['/', '/v1/clusters', '/kaas', '/keys', '/healthz'])
      expect((await fetchIssuer(path)).status).toBe(404);
  });

  it('takes a renewed certificate without a restart, and keeps the old one when the new cannot be read', async () => {
    const renewed = await makeTestCertificate();
    try {
      await copyFile(renewed.keyFile, certificate.keyFile);
      await copyFile(renewed.certificateFile, certificate.certificateFile);
      const isRenewed = async (): Promise<boolean> =>
        await fetchIssuer('/kaas/keys', renewed.certificate).then(
          () => true,
          () => false,
        );
      expect(await waitFor(isRenewed, { timeoutMs: 5_000, intervalMs: 20 })).toBe(true);
      await writeFile(certificate.certificateFile, 'half a certificate');
      const warned = () => log.some((line) => line.includes('the old one is kept'));
      expect(await waitFor(warned, { timeoutMs: 5_000, intervalMs: 20 })).toBe(true);
      expect(await isRenewed()).toBe(true);
    } finally {
      await renewed.remove();
    }
  });
});
