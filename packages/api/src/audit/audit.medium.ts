import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi();
});
afterAll(async () => await platform?.stop());

interface Place {
  readonly projectId: string;
  readonly token: string;
}

/** A project with five records. */
async function newProject(): Promise<Place> {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'admin');
  for (let count = 0; count < 5; count += 1)
    expect((await send(api.url, 'cluster.create', { token, body: { name: `c${count}` } })).status).toBe(202);
  return { projectId, token };
}
const verdict = async ({ token }: Place): Promise<Answer['body']> =>
  (await send(api.url, 'audit.verify', { token })).body;
/** As somebody who owns the database, past the trigger. */
const tamper = async (sql: string): Promise<void> =>
  await platform.asSuperuser(`set session_replication_role = replica; ${sql}`);

describe('audit records', () => {
  it('say who did what, and are found by action, resource and time', async () => {
    const place = await newProject();
    const { token } = place;
    const { body } = await send(api.url, 'audit.list', { token });
    expect(body.items.map(({ sequence }: { sequence: number }) => sequence)).toEqual([5, 4, 3, 2, 1]);
    expect(body.items[0]).toMatchObject({
      user: { id: 'u-admin', name: 'admin' },
      action: 'cluster.create',
      remoteAddress: '127.0.0.1',
      before: null,
      after: { name: 'c4' },
    });
    const { resource, at } = body.items[2];
    const only = await send(api.url, 'audit.list', { token, query: { resource } });
    expect(only.body.items).toHaveLength(1);
    expect((await send(api.url, 'audit.list', { token, query: { action: 'cluster.delete' } })).body.items).toEqual([]);
    const after = new Date(Date.parse(at) + 1).toISOString();
    const late = await send(api.url, 'audit.list', { token, query: { from: after } });
    expect(late.body.items.length).toBeLessThan(5);
    expect((await send(api.url, 'audit.list', { token, query: { from: 'x' } })).body.code).toBe('validation_failed');
    const first = await send(api.url, 'audit.list', { token, query: { limit: '2' } });
    const second = await send(api.url, 'audit.list', { token, query: { limit: '2', cursor: first.body.nextCursor } });
    expect(second.body.items.map(({ sequence }: { sequence: number }) => sequence)).toEqual([3, 2]);
  });

  it('are one chain without gaps when many changes come at once', async () => {
    const projectId = await platform.newProject();
    const token = await platform.login(projectId, 'admin');
    const other = await platform.startApi();
    const made = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const { url } = n % 2 === 0 ? api : other;
        return (await send(url, 'token.create', { token, body: { name: `t${n}` } })).status;
      }),
    );
    expect(new Set(made)).toEqual(new Set([201]));
    expect(await verdict({ projectId, token })).toMatchObject({ intact: true, records: 40, head: { sequence: 40 } });
  });

  it('cannot be changed or deleted by the programs', async () => {
    const { projectId } = await newProject();
    for (const sql of [
      `update audit_records set user_name = 'x' where project_id = '${projectId}'`,
      `delete from audit_records where project_id = '${projectId}'`,
      `update audit_heads set sequence = 0`,
    ])
      for (const pool of [platform.controller, api.pool])
        await expect(pool.query(sql)).rejects.toThrow(/permission denied/);
  });

  it.each([
    [
      'a changed column',
      (p: string) => `update audit_records set user_name = 'eve' where project_id = '${p}' and sequence = 3`,
      3,
      'changed',
    ],
    [
      'a changed text',
      (p: string) =>
        `update audit_records set payload = replace(payload, 'c2', 'cx') where project_id = '${p}' and sequence = 3`,
      3,
      'changed',
    ],
    [
      'a changed record that was hashed anew',
      (p: string) => `update audit_records set user_name = 'eve' where project_id = '${p}' and sequence = 3;
        update audit_records r set payload = audit_payload(r) where project_id = '${p}' and sequence = 3;
        update audit_records set hash = sha256(previous || convert_to(payload, 'UTF8')) where project_id = '${p}' and sequence = 3`,
      4,
      'relinked',
    ],
    [
      'a deleted record',
      (p: string) => `delete from audit_records where project_id = '${p}' and sequence = 2`,
      2,
      'missing',
    ],
    [
      'the first one deleted',
      (p: string) => `delete from audit_records where project_id = '${p}' and sequence = 1`,
      1,
      'missing',
    ],
    [
      'the last one deleted',
      (p: string) => `delete from audit_records where project_id = '${p}' and sequence = 5`,
      5,
      'truncated',
    ],
    ['all deleted', (p: string) => `delete from audit_records where project_id = '${p}'`, 1, 'truncated'],
    [
      'two swapped',
      (p: string) => `update audit_records set sequence = 99 where project_id = '${p}' and sequence = 2;
        update audit_records set sequence = 2 where project_id = '${p}' and sequence = 3;
        update audit_records set sequence = 3 where project_id = '${p}' and sequence = 99`,
      2,
      'changed',
    ],
    [
      'one put in at the end',
      (
        p: string,
      ) => `insert into audit_records (project_id, user_id, user_name, action, resource, request_id, sequence, previous, payload, hash)
        select project_id, user_id, 'eve', action, resource, request_id, 6, hash, payload, hash from audit_records
        where project_id = '${p}' and sequence = 5`,
      6,
      'changed',
    ],
  ] as const)('show %s', async (_, sql, sequence, kind) => {
    const place = await newProject();
    expect(await verdict(place)).toMatchObject({ intact: true, fault: null });
    await tamper(sql(place.projectId));
    expect(await verdict(place)).toMatchObject({ intact: false, fault: { sequence, kind } });
  });

  it('are exported in pages that follow each other', async () => {
    const place = await newProject();
    const { token } = place;
    const exported = await send(api.url, 'audit.export', { token, query: { limit: '3' } });
    expect(exported.body.items[0]).toMatchObject({ sequence: 1, previous: '0'.repeat(64) });
    const rest = await send(api.url, 'audit.export', { token, query: { cursor: exported.body.nextCursor } });
    expect(rest.body.items.map(({ sequence }: { sequence: number }) => sequence)).toEqual([4, 5]);
    expect(rest.body.items[0].previous).toBe(exported.body.items[2].hash);
  });
});
