import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readEvents, type SeenEvent } from './testing/event-reader.ts';
import { send } from './testing/http.ts';
import { startTestPlatform, type TestPlatform } from './testing/platform.ts';
import { type ApiProcess, startApiProcess } from './testing/process.ts';

/** How long to wait for what must come, on a machine that may be busy with something else. */
const patient = { timeout: 60_000, interval: 50 };

let platform: TestPlatform;
let projectId: string;
let token: string;

beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(async () => await platform?.stop());
beforeEach(async () => {
  projectId = await platform.newProject();
  token = await platform.login(projectId, 'operator');
});

/** The ids of all events of the project, as the log has them. */
async function logged(filter = 'true'): Promise<readonly string[]> {
  const found = await platform.controller.query<{ sequence: number }>(
    `select sequence from events where project_id = $1 and ${filter} order by sequence`,
    [projectId],
  );
  return found.rows.map((row) => String(row.sequence));
}
const create = async (url: string, name: string): Promise<string> =>
  (await send(url, 'cluster.create', { token, body: { name } })).body.clusterId;
const change = async (url: string, clusterId: string): Promise<void> => {
  const answer = await send(url, 'cluster.update', { token, params: { clusterId }, body: { tier: 'ha' } });
  expect(answer.status).toBe(202);
};
async function collect(events: AsyncGenerator<SeenEvent>, count: number): Promise<readonly SeenEvent[]> {
  const seen: SeenEvent[] = [];
  while (seen.length < count) {
    const { value, done } = await events.next();
    if (done) break;
    seen.push(value);
  }
  return seen;
}

describe.each(['on', 'off'] as const)('with notifications %s', (notify) => {
  let processes: readonly [ApiProcess, ApiProcess];
  beforeAll(async () => {
    const start = async () => await startApiProcess(platform, { KAAS_NOTIFY: notify });
    processes = [await start(), await start()];
  });

  it('a reader that switches between two processes sees every event once and in order, while others write', async () => {
    const [a, b] = processes;
    const changes = 12;
    const expected = 4 * (1 + changes) * 2;
    const seen: string[] = [];
    let switches = 0;
    const writers = Promise.all(
      [0, 1, 2, 3].map(async (writer) => {
        const clusterId = await create(writer % 2 === 0 ? a.url : b.url, `c${writer}`);
        for (let n = 0; n < changes; n += 1) {
          // Half of it, then the rest once the reader has moved to and fro, however fast either is.
          if (n === changes / 2) await expect.poll(() => switches, patient).toBeGreaterThan(3);
          await change(n % 2 === 0 ? a.url : b.url, clusterId);
        }
      }),
    );
    const reading = (async () => {
      for (let lastEventId = '0'; seen.length < expected; switches += 1) {
        const reader = await readEvents((switches % 2 === 0 ? a : b).url, token, { lastEventId });
        // Never more than will come: the stream has no end.
        const wanted = Math.min(1 + (switches % 7), expected - seen.length);
        seen.push(...(await collect(reader.events, wanted)).map((event) => event.id));
        // What arrived after that and is thrown away here must come again from the other process.
        lastEventId = seen.at(-1) ?? lastEventId;
        reader.stop();
      }
    })();
    await Promise.all([writers, reading]);
    expect(seen).toEqual(await logged());
    expect(seen).toHaveLength(expected);
    expect(switches).toBeGreaterThan(3);
  });

  it('a stream starts now, at the id of the header, or else after the query', async () => {
    const [a, b] = processes;
    const clusterId = await create(a.url, 'demo');
    const [first, second] = await logged();
    const now = await readEvents(b.url, token);
    const waiting = collect(now.events, 2);
    await delay(50);
    await change(a.url, clusterId);
    expect((await waiting).map((event) => event.type)).toEqual(['cluster.updated', 'operation.created']);
    now.stop();
    for (const [from, expected] of [
      [{ query: { after: '0' } }, first],
      [{ query: { after: first ?? '' } }, second],
      [{ query: { after: '0' }, lastEventId: first ?? '' }, second],
    ] as const) {
      const reader = await readEvents(a.url, token, from);
      expect((await collect(reader.events, 1))[0]?.id).toBe(expected);
      reader.stop();
    }
  });

  it('a reader who saw no event yet knows where to resume', async () => {
    const [a, b] = processes;
    const clusterId = await create(a.url, 'demo');
    const idle = await readEvents(a.url, token);
    // The head of the stream comes at once; nothing else does.
    const pending = idle.events.next().catch(() => undefined);
    await expect.poll(idle.lastId, patient).toBeDefined();
    const lastEventId = idle.lastId() ?? '';
    idle.stop();
    await pending;
    await change(a.url, clusterId);
    const reader = await readEvents(b.url, token, { lastEventId });
    expect((await collect(reader.events, 2)).map((event) => event.id)).toEqual((await logged()).slice(2));
    reader.stop();
  });

  it('a filter gives one cluster or one operation', async () => {
    const [a] = processes;
    const one = await create(a.url, 'one');
    await create(a.url, 'two');
    await change(a.url, one);
    const ofCluster = await logged(`cluster_id = '${one}'`);
    const reader = await readEvents(a.url, token, { query: { after: '0', clusterId: one } });
    expect((await collect(reader.events, 4)).map((event) => event.id)).toEqual(ofCluster);
    reader.stop();
    const operation = (await send(a.url, 'operation.list', { token, query: { clusterId: one } })).body.items[0];
    const narrow = await readEvents(a.url, token, { query: { after: '0', operationId: operation.id } });
    expect(await collect(narrow.events, 1)).toMatchObject([{ type: 'operation.created', operationId: operation.id }]);
    narrow.stop();
  });

  it('goes on after the database was away', async () => {
    const [a, b] = processes;
    const clusterId = await create(a.url, 'demo');
    const reader = await readEvents(a.url, token, { lastEventId: '0' });
    expect(await collect(reader.events, 2)).toHaveLength(2);
    await platform.postgres.kill();
    await delay(200);
    await platform.postgres.restart();
    await expect.poll(async () => (await fetch(`${b.url}/readyz`)).status, patient).toBe(200);
    await change(b.url, clusterId);
    expect((await collect(reader.events, 2)).map((event) => event.id)).toEqual((await logged()).slice(2));
    reader.stop();
  });

  it('ends properly when its process is asked to end', async () => {
    const going = await startApiProcess(platform, { KAAS_NOTIFY: notify });
    await create(going.url, 'demo');
    const reader = await readEvents(going.url, token, { lastEventId: '0' });
    expect(await collect(reader.events, 2)).toHaveLength(2);
    const rest = collect(reader.events, 1_000);
    going.kill('SIGTERM');
    expect(await rest).toEqual([]);
    expect(await going.ended).toEqual({ code: 0, signal: null });
  });
});

describe('a stream', () => {
  it('ends when its session is logged out', async () => {
    const api = await platform.startApi({ eventTimes: { pollMs: 20, recheckMs: 0 } });
    await create(api.url, 'demo');
    const session = await platform.login(projectId, 'viewer');
    const reader = await readEvents(api.url, session, { lastEventId: '0' });
    expect(await collect(reader.events, 2)).toHaveLength(2);
    await send(api.url, 'auth.logout', { token: session });
    expect(await collect(reader.events, 1)).toEqual([]);
  });

  it('costs little memory when its reader is slow, and loses nothing', async () => {
    const server = await startApiProcess(platform);
    const clusterId = await create(server.url, 'demo');
    const bytes = 32_768;
    const count = 6_000;
    await platform.asSuperuser(
      `insert into events (project_id, cluster_id, type, data)
       select '${projectId}', '${clusterId}', 'cluster.phase', jsonb_build_object('text', repeat('x', ${bytes}), 'n', n)
       from generate_series(1, ${count}) n`,
    );
    const memory = async (): Promise<number> =>
      Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))?.[1]) * 1024;
    const before = await memory();
    const socket = await request(server.url, token);
    // The kernel's buffers and one page fill up; then the process has nothing to do any more.
    let ticks = -1;
    const idle = async (): Promise<boolean> => {
      const before = ticks;
      ticks = await cpuTicks(server.pid);
      return ticks - before <= 1;
    };
    await expect.poll(idle, { timeout: 90_000, interval: 1_000 }).toBe(true);
    const grown = (await memory()) - before;
    expect(grown).toBeLessThan((bytes * count) / 2);
    let seen = 0;
    let rest = '';
    for await (const chunk of socket) {
      const blocks = (rest + String(chunk)).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const n = /"n":(\d+)/.exec(block.slice(0, 400) + block.slice(-40))?.[1];
        if (n === undefined) continue;
        seen += 1;
        if (Number(n) !== seen) throw new Error(`event ${n} came as number ${seen}`);
      }
      if (seen === count) break;
    }
    expect(seen).toBe(count);
    socket.destroy();
  });

  it('is cut when its reader takes nothing for long', async () => {
    const api = await platform.startApi({ eventTimes: { stallMs: 300 } });
    await create(api.url, 'demo');
    await platform.asSuperuser(
      `insert into events (project_id, type, data) select '${projectId}', 'cluster.phase', jsonb_build_object('text', repeat('y', 65536))
       from generate_series(1, 400)`,
    );
    const socket = await request(api.url, token);
    // The line that every request leaves at its end.
    await expect.poll(() => api.log.join(''), patient).toContain('"path":"/v1/events"');
    let text = '';
    await new Promise((resolve) => {
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.once('error', resolve).once('close', resolve);
      socket.resume();
    });
    expect(text).toContain('event: cluster.phase');
    expect(text.split('event: cluster.phase').length).toBeLessThan(400);
  });
});

/** Asks for all events and reads nothing of the answer. */
async function request(url: string, session: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.pause();
  await new Promise((resolve) => socket.once('connect', resolve));
  const head = ['GET /v1/events?after=0 HTTP/1.1', `host: ${hostname}`, `authorization: Bearer ${session}`];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  return socket;
}

/** User and system time that a process has used, in clock ticks of 10 ms (proc(5), fields 14 and 15). */
async function cpuTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
