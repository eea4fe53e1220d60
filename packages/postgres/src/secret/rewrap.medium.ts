import { randomBytes } from 'node:crypto';
import { startTestPostgres, type TestPostgres } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPool, type Pool } from '../database.ts';
import { migrate } from '../migrate.ts';
import { prepareDatabase } from '../prepare.ts';
import { secretContexts } from './contexts.ts';
import { fixedKeys } from './key-file.ts';
import { countUnderOtherKeys, rewrapSecrets } from './rewrap.ts';
import { createSecretBox, type SecretBox } from './secret-box.ts';

let postgres: TestPostgres;
let superuser: Pool;
let controller: Pool;
const [older, newer] = [randomBytes(32), randomBytes(32)];
const boxOf = (...keys: readonly Buffer[]): SecretBox => createSecretBox(fixedKeys(keys));
const [old, both, fresh] = [boxOf(older), boxOf(newer, older), boxOf(newer)];

beforeAll(async () => {
  postgres = await startTestPostgres();
  await prepareDatabase({
    superuserUrl: postgres.superuserUrl,
    database: 'kaas',
    passwords: { owner: 'o', api: 'a', controller: 'c' },
  });
  await migrate(postgres.url('kaas', 'kaas', 'o'));
  superuser = createPool(postgres.superuserUrl.replace(/postgres$/, 'kaas'));
  controller = createPool(postgres.url('kaas', 'kaas_controller', 'c'));
  await superuser.query("insert into management_clusters (name) values ('default')");
  for (const project of ['p1', 'p2'])
    await superuser.query("insert into projects (id, name) values ($1, 'x')", [project]);
});
afterAll(async () => {
  await superuser?.end();
  await controller?.end();
  await postgres?.stop();
});

/** One value in every place where something is sealed, in two projects, and more secrets than are read at once. */
async function fill(box: SecretBox): Promise<void> {
  const expiresAt = new Date(Date.now() + 3_600_000);
  for (const [index, project] of ['p1', 'p2'].entries()) {
    const id = `wh-aaaaaaaaaaa${index}`;
    await superuser.query(
      `insert into webhooks (id, project_id, url, secret, previous_secret, position, created_by) values ($1, $2, 'https://x', $3, $4, 0, 'ann')`,
      [
        id,
        project,
        await box.seal('hook', secretContexts.webhook(id)),
        await box.seal('before', secretContexts.webhook(id)),
      ],
    );
    const cluster = `c-aaaaaaaaa${index}`;
    await superuser.query(
      `insert into clusters (id, project_id, name, kubernetes_version, tier, node_cidr, pod_cidr, service_cidr)
       values ($1, $2, 'x', 'v1.36.3', 'ha', '10.6.0.0/20', '10.244.0.0/16', '10.96.0.0/16')`,
      [cluster, project],
    );
    const logs = `le-aaaaaaaaaaa${index}`;
    await superuser.query(
      `insert into log_exports (id, project_id, cluster_id, kind, components, url, secret, created_by) values ($1, $2, $3, 'http', '{audit}', 'x', $4, 'ann')`,
      [logs, project, cluster, await box.seal('export', secretContexts.logExport(logs))],
    );
    const hash = randomBytes(32);
    await superuser.query(
      `insert into sessions (token_hash, project_id, project_name, user_id, user_name, projects, role, is_provider, expires_at, proof)
       values ($1, $2, 'x', 'u', 'u', '[]', 'viewer', false, $3, $4)`,
      [hash, project, expiresAt, await box.seal('proof', secretContexts.proof(hash))],
    );
    for (let n = 0; n < 120; n += 1) {
      const secret = { owner: `c-${index}-${n}`, kind: 'kubeconfig' };
      await superuser.query('insert into secrets (owner, kind, project_id, ciphertext) values ($1, $2, $3, $4)', [
        secret.owner,
        secret.kind,
        project,
        await box.seal(`value ${n}`, secretContexts.secret(secret)),
      ]);
    }
  }
  await superuser.query("insert into signing_keys (id, public_jwk, private_key) values ('k', '{}', $1)", [
    await box.seal('private', secretContexts.signingKey('k')),
  ]);
  await superuser.query(
    `insert into idempotency_keys (project_id, user_id, key, fingerprint, status, headers, body) values
       ('p1', 'u', 'sealed', '', 201, '{}', $1), ('p1', 'u', 'plain', '', 201, '{}', '{"a":1}'), ('p1', 'u', 'none', '', 204, '{}', '')`,
    [(await box.seal('{"token":"x"}', 'p1/answer/u/sealed')).toString('base64')],
  );
}

async function readAll(box: SecretBox): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const add = async (sql: string, context: (row: { readonly key: never; readonly kind: string }) => string) => {
    for (const row of (await superuser.query(sql)).rows) found.add(await box.open(row.sealed, context(row)));
  };
  await add('select owner as key, kind, ciphertext as sealed from secrets', ({ key, kind }) =>
    secretContexts.secret({ owner: key, kind }),
  );
  await add('select id as key, secret as sealed from webhooks', ({ key }) => secretContexts.webhook(key));
  await add('select id as key, previous_secret as sealed from webhooks', ({ key }) => secretContexts.webhook(key));
  await add('select id as key, secret as sealed from log_exports', ({ key }) => secretContexts.logExport(key));
  await add('select id as key, private_key as sealed from signing_keys', ({ key }) => secretContexts.signingKey(key));
  await add('select token_hash as key, proof as sealed from sessions', ({ key }) => secretContexts.proof(key));
  return found;
}

it('puts everything that is sealed under the new key, by several at once, and then has nothing to do', async () => {
  await fill(old);
  const prefix = await both.prefix();
  const before = await readAll(old);
  expect(await countUnderOtherKeys(superuser, prefix)).toEqual({ values: 2 * 124 + 1, answers: 1 });
  const outcomes = await Promise.all([rewrapSecrets(controller, both), rewrapSecrets(controller, both)]);
  expect(outcomes.reduce((sum, { rewrapped }) => sum + rewrapped, 0)).toBe(2 * 124 + 1);
  expect(await countUnderOtherKeys(superuser, prefix)).toEqual({ values: 0, answers: 1 });
  expect(await readAll(fresh)).toEqual(before);
  expect(await rewrapSecrets(controller, both)).toEqual({ rewrapped: 0, unreadable: [] });
});

it('names what no key opens, leaves it as it is, and does the rest', async () => {
  const sealed = await boxOf(randomBytes(32)).seal('lost', 'c-lost/kubeconfig');
  const insert = 'insert into secrets (owner, kind, project_id, ciphertext) values ($1, $2, $3, $4)';
  await superuser.query(insert, ['c-lost', 'kubeconfig', 'p1', sealed]);
  await superuser.query(insert, ['c-zz', 'kubeconfig', 'p1', await old.seal('late', 'c-zz/kubeconfig')]);
  expect(await rewrapSecrets(controller, both)).toEqual({
    rewrapped: 1,
    unreadable: ['secrets.ciphertext c-lost/kubeconfig'],
  });
  const { rows } = await superuser.query("select ciphertext from secrets where owner = 'c-lost'");
  expect(rows).toEqual([{ ciphertext: sealed }]);
});

it('reads nothing else of the webhooks and keys', async () => {
  await expect(controller.query('select url from webhooks')).rejects.toThrow(/permission denied/);
  await expect(controller.query('update signing_keys set retired_at = now()')).rejects.toThrow(/permission denied/);
});
