import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { type Issuer, startIssuer } from '@matryoshka/api';
import { send, startTestPlatform, type TestApi, type TestPlatform } from '@matryoshka/api/testing';
import { authenticationConfiguration } from '@matryoshka/controllers';
import { createKubeClient, isUnauthorized, type KubeObject } from '@matryoshka/kube';
import { getCluster, inProject } from '@matryoshka/postgres';
import { createLogger, waitFor } from '@matryoshka/system';
import {
  freePort,
  makeTestCertificate,
  startTestApiServer,
  type TestApiServer,
  type TestCertificate,
} from '@matryoshka/testkit';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// A customer's own issuer, from the request that names it to a kube-apiserver that lets its people in by keys that kaas-api passes on.

let platform: TestPlatform;
let api: TestApi;
let certificate: TestCertificate;
let issuer: Issuer;
let issuerUrl: string;
let server: TestApiServer;
let theirs: Server;
let theirUrl: string;
let asked = 0;
let clusterId: string;
let key: Awaited<ReturnType<typeof generateKeyPair>>;
let admin: string;
let projectId: string;

const beginIssuer = async (url: string, customerRanges: readonly string[]): Promise<Issuer> =>
  await startIssuer({
    ...{ pool: api.pool, secretBox: platform.secretBox, url, customerRanges, ...certificate },
    listen: { host: '127.0.0.1', port: Number(new URL(url).port) },
    log: createLogger('issuer'),
  });

async function startTheirs(): Promise<void> {
  const jwk = { ...(await exportJWK(key.publicKey)), kid: 'one', use: 'sig', alg: 'ES256' };
  const [cert, tlsKey] = [await readFile(certificate.certificateFile), await readFile(certificate.keyFile)];
  theirs = createServer({ cert, key: tlsKey }, (incoming, response) => {
    asked += 1;
    const documents: Readonly<Record<string, unknown>> = {
      '/.well-known/openid-configuration': { issuer: theirUrl, jwks_uri: `${theirUrl}/keys` },
      '/keys': { keys: [jwk] },
    };
    const document = documents[incoming.url ?? ''];
    response.writeHead(document === undefined ? 404 : 200).end(JSON.stringify(document ?? {}));
  });
  theirs.listen(0, '127.0.0.1');
  await once(theirs, 'listening');
  const address = theirs.address();
  theirUrl = `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

beforeAll(async () => {
  [platform, certificate, key] = await Promise.all([
    startTestPlatform(),
    makeTestCertificate(),
    generateKeyPair('ES256'),
  ]);
  issuerUrl = `https://127.0.0.1:${await freePort()}`;
  await startTheirs();
  api = await platform.startApi({ issuerUrl });
  issuer = await beginIssuer(issuerUrl, ['127.0.0.0/8']);
  projectId = await platform.newProject();
  admin = await platform.login(projectId, 'admin');
  const corp = {
    name: 'corp',
    url: theirUrl,
    audiences: ['kubernetes'],
    usernameClaim: 'email',
    groupsClaim: 'groups',
  };
  // A prefix that becomes one of ours together with a claim.
  const sly = { ...corp, name: 'sly', url: `${theirUrl}/sly`, usernamePrefix: 'ka' };
  const trusted = [corp, sly].map((one) => ({ ...one, certificateAuthority: certificate.certificate }));
  const made = await send(api.url, 'cluster.create', { token: admin, body: { name: 'demo' } });
  clusterId = made.body.clusterId;
  const change = { token: admin, params: { clusterId }, body: { access: { oidcIssuers: trusted } } };
  expect((await send(api.url, 'cluster.update', change)).status).toBe(202);
  const cluster = await inProject(
    api.pool,
    { projectId, clusterIds: null },
    async (tx) => await getCluster(tx, clusterId),
  );
  if (cluster === undefined) throw new Error('no cluster');
  const authority = certificate.certificate;
  const configuration = JSON.stringify(authenticationConfiguration(cluster, { url: issuerUrl, authority }));
  server = await startTestApiServer({ authentication: configuration });
});
afterAll(async () => {
  await server?.stop();
  await issuer?.close();
  theirs?.closeAllConnections();
  theirs?.close();
  await platform?.stop();
  await certificate?.remove();
});

const tokenOf = async (change: JWTPayload = {}, by = key): Promise<string> => {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: theirUrl,
    aud: 'kubernetes',
    email: 'ann@corp.example',
    groups: ['ops'],
    iat: now,
    exp: now + 600,
  };
  return await new SignJWT({ ...claims, ...change })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .sign(by.privateKey);
};

async function whoAmI(token: string): Promise<unknown> {
  const { server: url, ca } = server.connection;
  const client = createKubeClient({ server: url, ...(ca === undefined ? {} : { ca }), token });
  try {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: { name: '' } };
    return (await client.create<KubeObject & { status: { userInfo: unknown } }>(review)).status.userInfo;
  } catch (error) {
    if (isUnauthorized(error)) return 'refused';
    throw error;
  } finally {
    await client.close();
  }
}

async function get(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const agent = new Agent({ connect: { ca: certificate.certificate } });
  const answer = await request(url, { dispatcher: agent });
  const text = await answer.body.text();
  await agent.close();
  return { status: answer.statusCode, text };
}

describe('a customer’s issuer', () => {
  it('lets its people in under its own prefix, and nobody else', async () => {
    const token = await tokenOf();
    const isKnown = async (): Promise<boolean> => (await whoAmI(token)) !== 'refused';
    expect(await waitFor(isKnown, { timeoutMs: 60_000, intervalMs: 300 })).toBe(true);
    expect(await whoAmI(token)).toMatchObject({
      username: 'corp:ann@corp.example',
      groups: ['corp:ops', 'system:authenticated'],
    });
    expect(await whoAmI(await tokenOf({ aud: 'shop' }))).toBe('refused');
    expect(await whoAmI(await tokenOf({ exp: 1 }))).toBe('refused');
    expect(await whoAmI(await tokenOf({}, await generateKeyPair('ES256')))).toBe('refused');
    expect(await whoAmI(await tokenOf({ iss: 'https://elsewhere.example' }))).toBe('refused');
  });

  it('makes no name of ours out of prefix and claim', async () => {
    expect(await whoAmI(await tokenOf({ iss: `${theirUrl}/sly`, email: 'as:u-admin' }))).toBe('refused');
  });

  it('is passed on by name of cluster and issuer only, and not asked for every question', async () => {
    const at = `${issuerUrl}/customers/${clusterId}/corp`;
    const document = await get(`${at}/.well-known/openid-configuration`);
    expect(JSON.parse(document.text)).toMatchObject({ issuer: theirUrl, jwks_uri: `${at}/keys` });
    await get(`${at}/keys`);
    const before = asked;
    for (let n = 0; n < 20; n += 1) expect((await get(`${at}/keys`)).status).toBe(200);
    expect(asked - before).toBeLessThanOrEqual(2);
    expect((await get(`${issuerUrl}/customers/${clusterId}/none/keys`)).status).toBe(404);
    expect((await get(`${issuerUrl}/customers/c-aaaaaaaaaa/corp/keys`)).status).toBe(404);
  });

  it('at an internal address is not called, and says why', async () => {
    const url = `https://127.0.0.1:${await freePort()}`;
    const strict = await beginIssuer(url, []);
    try {
      const answer = await get(`${url}/customers/${clusterId}/corp/keys`);
      expect(answer.status).toBe(502);
      expect(answer.text).toContain('internal address');
    } finally {
      await strict.close();
    }
  });

  it('that is away keeps its people in with the keys there are', async () => {
    const at = `${issuerUrl}/customers/${clusterId}/corp/keys`;
    expect((await get(at)).status).toBe(200);
    theirs.closeAllConnections();
    theirs.close();
    await new Promise((resolve) => setTimeout(resolve, 10_500));
    expect((await get(at)).status).toBe(200);
    expect(await whoAmI(await tokenOf())).toMatchObject({ username: 'corp:ann@corp.example' });
  });
});
