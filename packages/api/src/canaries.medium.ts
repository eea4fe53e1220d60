import { KaasError, type ProveIdentity } from '@matryoshka/application';
import { createPool } from '@matryoshka/postgres';
import { makeTestCertificate, type TestCertificate } from '@matryoshka/testkit';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIssuer } from './credential/issuer.ts';
import { type Answer, send } from './testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from './testing/platform.ts';

// Secrets that nobody could mistake for anything else are sent through the service, and then looked for everywhere they must not be: in every log line, in
// every row of every table, in answers to others.

const planted = {
  password: 'canary-password-Aq3xW',
  proof: 'canary-proof-Bk7yR',
  kubeconfig: 'canary-kubeconfig-Cm2zT',
  inUrl: 'canary-in-url-Dv9uQ',
  inBody: 'canary-in-body-Ep4sN',
  bearer: 'kaas_canaryBearerFr6tM',
  authorization: 'canary-authorization-Gq5vL',
  bucketKey: 'canary-bucket-key-Hz8cP',
  idToken: 'canary-id-token-Jx2dK',
};

let platform: TestPlatform;
let api: TestApi;
let certificate: TestCertificate;
let issuer: Awaited<ReturnType<typeof startIssuer>>;
const issuerLog: string[] = [];
/** What the service gave out once. */
const given: Record<string, string> = {};
let projectId: string;
const expiresAt = new Date(Date.now() + 3_600_000);

const prove: ProveIdentity = async (request) => {
  if (request.method !== 'password' || !request.password.startsWith(planted.password))
    throw new KaasError('login_failed', 'no');
  if (request.password !== planted.password) throw new Error(`a bug that tells ${request.password}`);
  const project = { id: projectId, name: 'mine' };
  const user = { id: 'u-ann', name: 'ann' };
  return { user, project, roles: ['admin'], projects: [project], expiresAt, proof: planted.proof };
};

beforeAll(async () => {
  platform = await startTestPlatform();
  projectId = await platform.newProject();
  api = await platform.startApi({ prove, loginLimit: { burst: 1_000 } });
  certificate = await makeTestCertificate();
  issuer = await startIssuer({
    ...{ pool: api.pool, secretBox: platform.secretBox, url: 'https://issuer.test/' },
    ...{ listen: { host: '127.0.0.1', port: 0 }, ...certificate, renewalIntervalMs: 60_000 },
    log: pino({ level: 'trace' }, { write: (line) => issuerLog.push(line) }),
  });
});
afterAll(async () => {
  await issuer?.close();
  await platform?.stop();
  await certificate?.remove();
});

/** In every form in which it would still be one. */
const formsOf = (secret: string): readonly string[] => [
  secret,
  Buffer.from(secret).toString('hex'),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  encodeURIComponent(secret),
];

/** Names of the secrets that are in a text. */
const found = (text: string, secrets: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(secrets)
    .filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)))
    .map(([name]) => name);

/** Every row of every table, as text. */
async function everyRow(): Promise<Readonly<Record<string, string>>> {
  const pool = createPool(platform.postgres.superuserUrl.replace(/postgres$/, 'kaas'), { max: 1 });
  try {
    const names = await pool.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public' order by 1",
    );
    const rows: Record<string, string> = {};
    for (const { name } of names.rows) {
      const all = await pool.query<{ row: string }>(`select t::text as row from ${name} t`);
      rows[name] = all.rows.map(({ row }) => row).join('\n');
    }
    return rows;
  } finally {
    await pool.end();
  }
}

describe('secrets', () => {
  const answers: Answer[] = [];

  it('go through everything that takes or gives them', async () => {
    const headers = { 'idempotency-key': 'once' };
    const login = { method: 'password', user: 'ann', password: planted.password };
    given.session = (await send(api.url, 'auth.login', { body: login })).body.token;
    const token = given.session;
    const { clusterId } = (await send(api.url, 'cluster.create', { token, body: { name: 'demo' } })).body;
    await platform.saveKubeconfig(
      projectId,
      clusterId,
      JSON.stringify({
        clusters: [{ name: 'x', cluster: { server: 'https://x:6443', 'certificate-authority-data': 'eA==' } }],
        users: [{ name: 'x', user: { token: planted.kubeconfig } }],
      }),
    );
    const body = { name: 'ci' };
    given.program = (await send(api.url, 'token.create', { token, body, headers })).body.token;
    const again = await send(api.url, 'token.create', { token, body, headers });
    expect(again.body.token, 'kept for the same key, sealed').toBe(given.program);
    const hook = (await send(api.url, 'webhook.create', { token, body: { url: 'https://example.com/' } })).body;
    given.webhook = hook.secret;
    given.rotated = (await send(api.url, 'webhook.rotate', { token, params: { webhookId: hook.id } })).body.secret;
    given.credential = (await send(api.url, 'credential.create', { token, params: { clusterId } })).body.token;
    for (const secret of Object.values(given)) expect(secret.length).toBeGreaterThan(20);

    const ask = async (...args: Parameters<typeof send>): Promise<void> => void answers.push(await send(...args));
    await ask(api.url, 'cluster.kubeconfig', { token, params: { clusterId } });
    await ask(api.url, 'webhook.get', { token, params: { webhookId: hook.id } });
    await ask(api.url, 'token.list', { token });
    await ask(api.url, 'audit.list', { token });
    await ask(api.url, 'me.get', { token: planted.bearer });
    await ask(api.url, 'auth.login', { body: { ...login, password: planted.inBody } });
    // A bug that puts a password into its message.
    await ask(api.url, 'auth.login', { body: { ...login, password: `${planted.password}!` } });
    // A body whose shape is wrong just where the secret is.
    await ask(api.url, 'auth.login', {
      body: { method: 'password', user: { name: 'ann' }, password: [planted.inBody] },
    });
    await ask(api.url, 'auth.login', { body: `{"password": "${planted.inBody}" oops` });
    await ask(api.url, 'cluster.get', { token, params: { clusterId }, query: { token: planted.inUrl } });
    const logs = { components: ['audit'], url: 'https://logs.example.com/bucket' };
    const toAddress = { ...logs, kind: 'http', authorization: planted.authorization };
    await ask(api.url, 'log-export.create', { token, params: { clusterId }, body: toAddress, headers });
    const toBucket = { ...logs, kind: 's3', accessKeyId: 'a', secretAccessKey: planted.bucketKey };
    await ask(api.url, 'log-export.create', { token, params: { clusterId }, body: toBucket });
    await ask(api.url, 'log-export.create', { token, params: { clusterId }, body: { ...toBucket, kind: 'http' } });
    await ask(api.url, 'auth.login', { body: { method: 'oidc', issuer: 'corp', idToken: planted.idToken } });
  });

  it('are in no log line', () => {
    const lines = [...api.log, ...issuerLog];
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) expect(found(line, { ...planted, ...given }), line).toEqual([]);
  });

  it('are in no row of any table, but sealed or as a hash', async () => {
    const rows = await everyRow();
    expect(Object.keys(rows)).toEqual(
      expect.arrayContaining(['secrets', 'sessions', 'api_tokens', 'audit_records', 'events']),
    );
    const leaks = Object.entries(rows).flatMap(([table, text]) =>
      found(text, { ...planted, ...given }).map((name) => `${name} in ${table}`),
    );
    expect(leaks).toEqual([]);
    // The search itself can find: what is no secret is there.
    expect(found(rows.clusters ?? '', { name: 'demo' })).toEqual(['name']);
  });

  it('are in no answer that is not theirs, also not in errors', () => {
    expect(answers).toHaveLength(14);
    for (const { text } of answers) expect(found(text, { ...planted, ...given }), text).toEqual([]);
  });
});
