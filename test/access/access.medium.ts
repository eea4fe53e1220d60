import { accessManifests } from '@matryoshka/addons';
import { type Issuer, startIssuer } from '@matryoshka/api';
import { send, startTestPlatform, type TestApi, type TestPlatform } from '@matryoshka/api/testing';
import { authenticationConfiguration } from '@matryoshka/controllers';
import { createKubeClient, isUnauthorized, type KubeClient, type KubeObject } from '@matryoshka/kube';
import { createLogger, waitFor } from '@matryoshka/system';
import {
  freePort,
  makeTestCertificate,
  startTestApiServer,
  type TestApiServer,
  type TestCertificate,
} from '@matryoshka/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The service's credentials against a real kube-apiserver with the AuthenticationConfiguration and the bindings that our controller gives it.

let platform: TestPlatform;
let api: TestApi;
let certificate: TestCertificate;
let issuer: Issuer;
let server: TestApiServer;
let admin: KubeClient;
let projectId: string;
let clusterId: string;
let now: () => Date;
let port: number;
let issuerUrl: string;

const configuration = (accessEpoch: number): string =>
  JSON.stringify(
    authenticationConfiguration(
      { id: clusterId, accessEpoch, access: { allowedRanges: null, oidcIssuers: [] } },
      { url: issuerUrl, authority: certificate.certificate },
    ),
  );

const beginIssuer = async (): Promise<Issuer> =>
  await startIssuer({
    pool: api.pool,
    secretBox: platform.secretBox,
    url: issuerUrl,
    listen: { host: '127.0.0.1', port },
    ...certificate,
    log: createLogger('issuer'),
  });

interface ClusterRole extends KubeObject {
  readonly rules: readonly unknown[] | null;
}

/** What kube-controller-manager does, which does not run here: gives `view` and `edit` the rules of the roles that are labelled for them. */
async function aggregate(name: string): Promise<void> {
  const kind = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' };
  const rulesFor = async (label: string): Promise<readonly unknown[]> => {
    const labelSelector = `rbac.authorization.k8s.io/aggregate-to-${label}=true`;
    const { items } = await admin.list<ClusterRole>({ ...kind, labelSelector });
    return items.flatMap(({ rules }) => rules ?? []);
  };
  // `edit` takes `view` in by its label, which has no rules of its own here.
  const rules = [...(await rulesFor(name)), ...(name === 'edit' ? await rulesFor('view') : [])];
  await admin.patch({ ...kind, name }, { rules }, { type: 'merge' });
}

beforeAll(async () => {
  platform = await startTestPlatform();
  certificate = await makeTestCertificate();
  now = () => new Date();
  port = await freePort();
  issuerUrl = `https://127.0.0.1:${port}`;
  api = await platform.startApi({ issuerUrl, now: () => now() });
  issuer = await beginIssuer();
  projectId = await platform.newProject();
  const token = await platform.login(projectId, 'admin');
  clusterId = (await send(api.url, 'cluster.create', { token, body: { name: 'demo' } })).body.clusterId;
  server = await startTestApiServer({ authentication: configuration(1) });
  admin = createKubeClient(server.connection);
  for (const object of accessManifests()) await admin.apply(object, { fieldManager: 'test', force: true });
  for (const name of ['view', 'edit']) await aggregate(name);
});
afterAll(async () => {
  await admin?.close();
  await server?.stop();
  await issuer?.close();
  await platform?.stop();
  await certificate?.remove();
});

type Role = 'viewer' | 'operator' | 'admin';

const credential = async (role: Role, cluster = clusterId): Promise<string> => {
  const token = await platform.login(projectId, role);
  return (await send(api.url, 'credential.create', { token, params: { clusterId: cluster } })).body.token;
};

/** Works as whoever shows this token. */
async function as<T>(token: string, work: (client: KubeClient) => Promise<T>): Promise<T> {
  const { server: url, ca } = server.connection;
  const client = createKubeClient({ server: url, ...(ca === undefined ? {} : { ca }), token });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const whoAmI = async (token: string): Promise<unknown> =>
  await as(token, async (client) => {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: { name: '' } };
    return (await client.create<KubeObject & { status: { userInfo: unknown } }>(review)).status.userInfo;
  });

const isLetIn = async (token: string): Promise<boolean> =>
  await whoAmI(token).then(
    () => true,
    (error: unknown) => {
      if (isUnauthorized(error)) return false;
      throw error;
    },
  );

/** kube-apiserver fetches discovery document and keys when it has started, not before it is ready. */
const knowsTheIssuer = async (): Promise<void> => {
  const token = await credential('viewer');
  expect(await waitFor(async () => await isLetIn(token), { timeoutMs: 60_000, intervalMs: 200 })).toBe(true);
};

describe('a cluster', () => {
  it('knows who shows a credential of the service', async () => {
    await knowsTheIssuer();
    for (const role of ['viewer', 'operator', 'admin'] as const)
      expect(await whoAmI(await credential(role))).toMatchObject({
        username: `kaas:u-${role}`,
        groups: [`kaas:${role}`, 'system:authenticated'],
        extra: {
          'matryoshka.dev/name': [role],
          'matryoshka.dev/credential': [expect.stringMatching(/^[0-9a-f-]{36}$/)],
        },
      });
  });

  it('lets each role do what it is for', async () => {
    await knowsTheIssuer();
    const asked: readonly (readonly [verb: string, group: string, resource: string, namespace?: string])[] = [
      ['list', '', 'pods', 'shop'],
      ['get', '', 'nodes'],
      ['list', 'storage.k8s.io', 'storageclasses'],
      ['create', 'apps', 'deployments', 'shop'],
      ['get', '', 'secrets', 'shop'],
      ['delete', '', 'nodes'],
      ['create', 'rbac.authorization.k8s.io', 'clusterrolebindings'],
      ['impersonate', '', 'users'],
    ];
    const answers: Record<string, string> = {};
    for (const role of ['viewer', 'operator', 'admin'] as const)
      await as(await credential(role), async (client) => {
        const verdicts = await Promise.all(
          asked.map(async ([verb, group, resource, namespace]) => {
            const review = {
              apiVersion: 'authorization.k8s.io/v1',
              kind: 'SelfSubjectAccessReview',
              metadata: { name: '' },
              spec: {
                resourceAttributes: { verb, group, resource, ...(namespace === undefined ? {} : { namespace }) },
              },
            };
            const { status } = await client.create<KubeObject & { status: { allowed: boolean } }>(review);
            return status.allowed ? 'y' : '-';
          }),
        );
        answers[role] = verdicts.join('');
      });
    expect(answers).toEqual({ viewer: 'yyy-----', operator: 'yyyyy---', admin: 'yyyyyyyy' });
  });

  it('turns away what is not for it, not ours, changed, or over', async () => {
    await knowsTheIssuer();
    const token = await platform.login(projectId, 'admin');
    const name = 'other';
    const other = (await send(api.url, 'cluster.create', { token, body: { name } })).body.clusterId;
    expect(await isLetIn(await credential('admin', other))).toBe(false);

    const good = await credential('viewer');
    const [head = '', body = '', signature = ''] = good.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url');
    expect(await isLetIn(`${head}.${forged}.${signature}`)).toBe(false);
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    expect(await isLetIn(`${unsigned}.${forged}.`)).toBe(false);
    expect(await isLetIn(token)).toBe(false);

    const past = new Date(Date.now() - 16 * 60_000);
    now = () => past;
    const old = await credential('admin');
    now = () => new Date();
    expect(await isLetIn(old)).toBe(false);
    expect(await isLetIn(good)).toBe(true);
  });

  it('turns away every credential of an earlier epoch, soon after it was told to, and nobody else', async () => {
    await knowsTheIssuer();
    const before = await credential('admin');
    expect(await isLetIn(before)).toBe(true);
    const token = await platform.login(projectId, 'admin');
    await send(api.url, 'credential.revoke', { token, params: { clusterId } });
    const after = await credential('viewer');
    // Also while the cluster does not know of the new epoch yet: nobody is locked out by the order of things.
    expect(await isLetIn(after)).toBe(true);
    await server.setAuthentication(configuration(2));
    const isOut = async (): Promise<boolean> => {
      expect(await isLetIn(after)).toBe(true);
      return !(await isLetIn(before));
    };
    expect(await waitFor(isOut, { timeoutMs: 90_000, intervalMs: 250 })).toBe(true);
    expect(await admin.ready()).toBe(true);
  });

  it('takes credentials of a new signing key at once, and old ones for their time', async () => {
    await knowsTheIssuer();
    const old = await credential('viewer');
    await platform.asSuperuser(`update signing_keys set created_at = now() - interval '91 days'`);
    const fresh = await credential('viewer');
    expect([await isLetIn(old), await isLetIn(fresh)]).toEqual([true, true]);
  });

  it('lets nobody in by credentials while the issuer has never been seen, and recovers by itself', async () => {
    await issuer.close();
    await server.restart();
    const token = await credential('viewer');
    expect(await isLetIn(token)).toBe(false);
    expect(await admin.ready()).toBe(true);
    issuer = await beginIssuer();
    await knowsTheIssuer();
  });
});
