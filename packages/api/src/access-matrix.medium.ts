import { isAllowed, KaasError, type ProveIdentity } from '@matryoshka/application';
import {
  type OperationDefinition,
  type OperationId,
  operationIds,
  operations,
  type Role,
  roles,
} from '@matryoshka/contract';
import {
  addLedgerEntry,
  endBackup,
  inProject,
  insertPriceList,
  newPriceListId,
  registerManagementCluster,
  removeCluster,
  replaceNodes,
  setBackupPlace,
} from '@matryoshka/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerQuestions } from './testing/answer-questions.ts';
import { absent, calls, farFuture, makesSomethingNew, type Target } from './testing/calls.ts';
import { type Call, open, send } from './testing/http.ts';
import { newNode } from './testing/node.ts';
import { newIssuer } from './testing/oidc.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from './testing/platform.ts';

// Every operation × role × whose object, generated from the table. An operation without an entry in `calls` does not compile.

const expiresAt = new Date(Date.now() + 3_600_000);
const kubeconfig = 'clusters: [{name: x, cluster: {server: "https://x:6443", certificate-authority-data: eA==}}]\n';

let platform: TestPlatform;
let api: TestApi;
let proven = '';
/** Keystone itself is asked in login.medium.ts; here it only has to say yes. */
const prove: ProveIdentity = async (request) => {
  if (request.method !== 'password' || request.password !== 'pw') throw new KaasError('login_failed', 'no');
  const project = { id: proven, name: 'mine' };
  return { user: { id: 'u-ann', name: 'ann' }, project, roles: ['member'], projects: [project], expiresAt, proof: 'x' };
};

beforeAll(async () => {
  platform = await startTestPlatform();
  // A comment after every look that found nothing: the proof that a stream had nothing to say.
  api = await platform.startApi({
    prove,
    oidcIssuers: [newIssuer({ name: 'corp', issuer: 'https://corp.invalid' })],
    webhooks: { intervalMs: 3_600_000 },
    eventTimes: { pollMs: 10, keepAliveMs: 0 },
  });
  endAnswers = answerQuestions(platform);
  // One that may be cordoned while clusters are made.
  await registerManagementCluster(platform.controller, 'spare', 'RegionOne');
  for (const name of ['default', 'spare']) await setBackupPlace(platform.controller, name, '/somewhere');
});
let endAnswers = (): void => {};
afterAll(async () => {
  endAnswers();
  await platform?.stop();
});

/** A project with a cluster, a pool, an operation, events and a kubeconfig. */
async function newTarget(role: Role = 'admin', inProjectOf?: Target): Promise<Target> {
  const projectId = inProjectOf?.projectId ?? (await platform.newProject());
  const token = await platform.login(projectId, 'admin');
  const name = inProjectOf === undefined ? 'mine' : 'sibling';
  const body = { name, pools: [{ name: 'workers', flavor: 'm1.small', count: 1 }] };
  const { body: operation } = await send(api.url, 'cluster.create', { token, body });
  await platform.saveKubeconfig(projectId, operation.clusterId, kubeconfig);
  await replaceNodes(platform.controller, { id: operation.clusterId, projectId }, [newNode('workers-1')]);
  const deletedClusterId = await newDeletedCluster(token);
  const deletingClusterId = await newDeletingCluster(token);
  const mine = await platform.login(projectId, role);
  const made = await send(api.url, 'token.create', { token: mine, body: { name: 'x' } });
  const { clusterId } = operation;
  // One that can be cancelled.
  const change = { token, params: { clusterId }, body: { deletion: { protection: false } } };
  const operationId = (await send(api.url, 'cluster.update', change)).body.id;
  const hook = await send(api.url, 'webhook.create', { token, body: { url: 'https://example.invalid/' } });
  const webhookId = hook.body.id;
  const { body: delivery } = await send(api.url, 'webhook.test', { token, params: { webhookId } });
  const deliveryId = delivery.id;
  const leftoverId = await newLeftover(projectId, deletedClusterId);
  const member = { issuer: 'corp', kind: 'email', value: 'ann@example.com', role: 'viewer' };
  const memberId = (await send(api.url, 'member.add', { token, body: member })).body.id;
  const logs = { kind: 'http', url: 'https://logs.example.com/', components: ['audit'] };
  const exported = await send(api.url, 'log-export.create', { token, params: { clusterId }, body: logs });
  const logExportId = exported.body.id;
  const backupId = await newBackup(token, projectId, clusterId);
  const priceListId = newPriceListId();
  const list = { id: priceListId, currency: 'EUR', validFrom: farFuture(3000), createdBy: 'provider', prices: [] };
  await inProject(api.pool, { projectId, clusterIds: null }, async (tx) => await insertPriceList(tx, list));
  return {
    projectId,
    clusterId,
    operationId,
    deletedClusterId,
    tokenId: made.body.id,
    webhookId,
    deliveryId,
    priceListId,
    leftoverId,
    memberId,
    logExportId,
    backupId,
    deletingClusterId,
  };
}

/** As the controller leaves a cluster, and the backup that was asked for. */
async function newBackup(token: string, projectId: string, clusterId: string): Promise<string> {
  await platform.controller.query(
    "update clusters set phase = 'ready', observed_version = kubernetes_version where id = $1",
    [clusterId],
  );
  const { body } = await send(api.url, 'backup.create', { token, params: { clusterId } });
  const job = { id: body.id, clusterId, projectId, dataStore: 'default', reason: 'requested', moment: null } as const;
  await endBackup(platform.controller, job, { revision: 1, keys: 1, sha256: 'x', bytes: 1 });
  return body.id;
}

/** As the controller leaves a cluster whose rotation may be completed. */
async function prepareRotation(clusterId: string): Promise<void> {
  await platform.controller.query(
    "update clusters set rotation_phase = 'prepared', rotation_since = now() where id = $1",
    [clusterId],
  );
}

async function newLeftover(projectId: string, clusterId: string): Promise<string> {
  const id = `lb-of-${clusterId}`;
  for (const kind of ['load-balancer', 'volume'])
    await platform.controller.query(
      "insert into leftovers (kind, id, cluster_id, project_id, name, status) values ($1, $2, $3, $4, 'x', 'ACTIVE')",
      [kind, id, clusterId, projectId],
    );
  return id;
}

async function newDeletingCluster(token: string): Promise<string> {
  const { body } = await send(api.url, 'cluster.create', { token, body: { name: 'going' } });
  await send(api.url, 'cluster.delete', { token, params: { clusterId: body.clusterId } });
  return body.clusterId;
}

/** As kaas-controller leaves it when the provider has ended the deletion: with something in the ledger. */
async function newDeletedCluster(token: string): Promise<string> {
  const { body } = await send(api.url, 'cluster.create', { token, body: { name: 'gone' } });
  await send(api.url, 'cluster.delete', { token, params: { clusterId: body.clusterId } });
  await platform.controller.query("update clusters set forced_at = now(), forced_reason = 'x' where id = $1", [
    body.clusterId,
  ]);
  await addLedgerEntry(platform.controller, body.clusterId, { kind: 'namespace', name: body.clusterId });
  await removeCluster(platform.controller, body.clusterId, new Date());
  return body.clusterId;
}

/** The answer to a call; of a stream, the head and what came until the first pause. */
async function answer(id: OperationId, call: Call): Promise<{ readonly status: number; readonly text: string }> {
  if (!(operations[id] as OperationDefinition).stream) return await send(api.url, id, call);
  const stop = new AbortController();
  const response = await open(api.url, id, { ...call, signal: stop.signal });
  if (response.status !== 200) return { status: response.status, text: await response.text() };
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes(': still here')) break;
  }
  stop.abort();
  return { status: 200, text };
}

/** Whoever changes something, or gets a secret, leaves a record of it. No secret is had by a GET. */
const isRecorded = (id: OperationId): boolean => {
  const { method, reads }: OperationDefinition = operations[id];
  return method !== 'GET' && !reads;
};

/** An answer without what must differ: the ids that were asked for, and the request's own. */
function essence(text: string, target: Target): string {
  return text
    .replaceAll(target.clusterId, '<cluster>')
    .replaceAll(target.operationId, '<operation>')
    .replaceAll(target.deletedClusterId, '<deleted>')
    .replaceAll(target.tokenId, '<token>')
    .replaceAll(target.webhookId, '<webhook>')
    .replaceAll(target.deliveryId, '<delivery>')
    .replaceAll(target.priceListId, '<price-list>')
    .replaceAll(target.leftoverId, '<leftover>')
    .replaceAll(target.memberId, '<member>')
    .replaceAll(target.logExportId, '<export>')
    .replaceAll(target.deletingClusterId, '<deleting>')
    .replace(/"requestId":"[^"]*"/, '');
}

/** By which an administrator of the provider changes what is somebody else's: that is what they are for. */
const reachesAll: readonly OperationId[] = ['deletion.force', 'remain.dismiss'];

/** A `provider` is a viewer of its project who administers the service itself. */
const callers = ['none', ...roles, 'provider'] as const;
type CallerKind = (typeof callers)[number];

const wanted = (id: OperationId, role: CallerKind): 'allowed' | 'forbidden' | 'unauthenticated' => {
  const { access } = operations[id];
  if (access === 'public') return 'allowed';
  if (role === 'none') return 'unauthenticated';
  const allowed = role === 'provider' ? isAllowed(access, 'viewer', true) : isAllowed(access, role);
  return allowed ? 'allowed' : 'forbidden';
};

describe.each(operationIds)('%s', (id) => {
  const { object, call } = calls[id];
  const success = operations[id].success.status;

  it.each(callers)('as %s', async (role) => {
    const asWhom = role === 'provider' ? 'viewer' : role === 'none' ? 'admin' : role;
    const own = await newTarget(asWhom);
    const foreign = await newTarget(asWhom);
    proven = own.projectId;
    if (id === 'certificate.complete') await prepareRotation(own.clusterId);
    const missing = { projectId: own.projectId, ...absent };
    const token = async () => {
      if (role === 'none') return undefined;
      const isProvider = role === 'provider';
      return await platform.login(own.projectId, isProvider ? 'viewer' : role, { expiresAt, isProvider });
    };
    const before = await stateOf(foreign.projectId);

    const outcomes = [];
    for (const target of [foreign, missing, own]) {
      const given = await token();
      const rows = await platform.countRows();
      const found = await answer(id, { ...call(target), token: given });
      const now = await platform.countRows();
      const changed = JSON.stringify(now) !== JSON.stringify(rows);
      if (isRecorded(id) && found.status < 300)
        expect(Number(now.audit_records)).toBeGreaterThan(Number(rows.audit_records));
      outcomes.push({ status: found.status, text: essence(found.text, target), changed });
    }
    const [toForeign, toMissing, toOwn] = outcomes;

    // Whatever the role, somebody else's object is not to be told from none at all, and nothing of it changes; but the provider works for all.
    const isOfFleet = operations[id].access === 'provider' && role === 'provider';
    if (!makesSomethingNew.includes(id) && !isOfFleet) expect(toForeign).toEqual(toMissing);
    if (!(isOfFleet && reachesAll.includes(id))) expect(await stateOf(foreign.projectId)).toEqual(before);
    if (!isOfFleet) for (const { text } of outcomes) expect(text).not.toContain(foreign.clusterId);

    switch (wanted(id, role)) {
      case 'unauthenticated':
        for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 401, changed: false });
        break;
      case 'forbidden':
        for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 403, changed: false });
        break;
      case 'allowed':
        expect(toOwn?.status).toBe(success);
        if (object) expect(toForeign).toMatchObject({ status: 404, changed: false });
        else expect(toForeign?.status).toBe(success);
    }
  });
});

describe('a token for one cluster', () => {
  it.each(operationIds.filter((id) => operations[id].access !== 'public'))('%s', async (id) => {
    const { object, call } = calls[id];
    const definition: OperationDefinition = operations[id];
    const own = await newTarget('operator');
    const sibling = await newTarget('operator', own);
    const missing = { projectId: own.projectId, ...absent };
    const session = await platform.login(own.projectId, 'operator');
    const body = { name: 'for one', clusterIds: [own.clusterId] };
    const { token, id: tokenId } = (await send(api.url, 'token.create', { token: session, body })).body;
    const answers = [];
    for (const target of [sibling, missing, own]) {
      const found = await answer(id, { ...call(target), token });
      // A refusal names what was asked for; that is no news for whoever asked.
      const text = essence(found.text, target);
      answers.push({ status: found.status, text });
      for (const hidden of [sibling.clusterId, sibling.operationId]) expect(text).not.toContain(hidden);
    }
    const [toSibling, toMissing, toOwn] = answers;
    const isForbidden =
      definition.sessionOnly === true ||
      definition.wholeProject === true ||
      (definition.method !== 'GET' && !definition.path.includes('{clusterId}'));
    if (isForbidden) {
      for (const { status } of answers) expect(status).toBe(403);
      return;
    }
    const mayDo = isAllowed(definition.access, 'operator');
    // Tokens, and clusters that are gone, are not what it is for.
    const seesOwn = !['token.get', 'receipt.get'].includes(id);
    if (seesOwn) expect(toOwn?.status).toBe(mayDo ? definition.success.status : 403);
    if (id === 'token.get') expect((await send(api.url, id, { token, params: { tokenId } })).status).toBe(200);
    else if (!makesSomethingNew.includes(id)) expect(toSibling).toEqual(toMissing);
    if (object && mayDo && id !== 'token.get') expect(toSibling?.status).toBe(404);
  });
});

/** Everything a project has, so that any change of it shows. */
async function stateOf(projectId: string): Promise<unknown> {
  // In an order of their own: that of the table changes with the way the database reads it.
  const tables = ['clusters', 'pools', 'operations', 'events', 'audit_records', 'deletion_receipts'];
  const states = tables.map(
    (table) =>
      `(select coalesce(jsonb_agg(t order by t::text), '[]') from ${table} t where project_id = $1) as ${table}`,
  );
  return (await platform.controller.query(`select ${states.join(', ')}`, [projectId])).rows[0];
}

describe('lists', () => {
  it('show the project’s own objects only', async () => {
    const own = await newTarget();
    await newTarget();
    const token = await platform.login(own.projectId, 'viewer');
    const clusters = await send(api.url, 'cluster.list', { token });
    expect(clusters.body.items.map((item: { id: string }) => item.id)).toEqual([own.deletingClusterId, own.clusterId]);
    const listed = await send(api.url, 'operation.list', { token });
    const both = new Set([own.clusterId, own.deletedClusterId, own.deletingClusterId]);
    expect(new Set(listed.body.items.map((item: { clusterId: string }) => item.clusterId))).toEqual(both);
    const events = await answer('event.stream', { token, query: { after: '0' } });
    const ids = [...events.text.matchAll(/"clusterId":"([^"]*)"/g)].map((match) => match[1]);
    expect(new Set(ids)).toEqual(both);
    const receipts = await send(api.url, 'receipt.list', { token });
    expect(new Set(receipts.body.items.map((item: { clusterId: string }) => item.clusterId))).toEqual(
      new Set([own.deletedClusterId, own.deletingClusterId]),
    );
  });
});
