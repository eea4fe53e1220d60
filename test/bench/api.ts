import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { parseArgs } from 'node:util';
import { type ApiProcess, startApiProcess, startTestPlatform } from '@matryoshka/api/testing';
import { createClient } from '@matryoshka/client';
import { nodeProgram, run, sleep, waitFor } from '@matryoshka/system';
import { median, percentile } from './statistics.ts';

// kaas-api alone, as a process of its own on a real PostgreSQL: nothing of Kubernetes and OpenStack is behind it. Ratios are of one run; the load comes
// from this process, on the same processors.

const { values } = parseArgs({
  options: {
    clusters: { type: 'string', default: '10000' },
    creates: { type: 'string', default: '1000' },
    subscribers: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
  },
});
const [clusters, creates, subscribers, seconds] = [
  Number(values.clusters),
  Number(values.creates),
  Number(values.subscribers),
  Number(values.seconds),
];
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const ms = (value: number): string => `${value.toFixed(1)} ms`;

/** `work` again and again by `parallel` at once until the time is over; how long each took. */
async function load(durationMs: number, parallel: number, work: () => Promise<void>): Promise<readonly number[]> {
  const took: number[] = [];
  const end = performance.now() + durationMs;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      const started = performance.now();
      await work();
      took.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: parallel }, one));
  return took;
}

const agent = new Agent({ keepAlive: true, maxSockets: 2_000 });
async function read(url: string, token?: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    get(url, { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
      response.resume().once('end', resolve);
    }).once('error', reject);
  });
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

const platform = await startTestPlatform();
try {
  const api = await startApiProcess(platform);
  await measureList(api);
  await measureFleet(api);
  await measureCreates(api);
  // One that has done nothing yet, so that its memory is that of the subscribers.
  await measureEvents(await startApiProcess(platform));
  await measureStart();
} finally {
  agent.destroy();
  await platform.stop();
}

async function measureList(api: ApiProcess): Promise<void> {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'viewer');
  await platform.asSuperuser(
    `insert into clusters (id, project_id, name, kubernetes_version, tier, node_cidr, pod_cidr, service_cidr)
     select 'c-' || lpad(n::text, 10, '0'), '${projectId}', 'cluster-' || lpad(n::text, 6, '0'), 'v1.36.3', 'ha', '10.6.0.0/20', '10.244.0.0/16',
       '10.96.0.0/16' from generate_series(1, ${clusters}) n;
     insert into pools (cluster_id, project_id, name, flavor, count, labels, taints)
     select id, project_id, 'workers', 'm1.small', 2, '{}', '[]' from clusters where project_id = '${projectId}';
     analyze clusters; analyze pools`,
  );
  const [node, ...argv] = nodeProgram(new URL('bare-list.ts', import.meta.url).pathname, platform.apiUrl, projectId);
  const bare = spawn(node, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    let output = '';
    bare.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const urlOf = (): string | undefined => /"url":"([^"]+)"/.exec(output)?.[1];
    await waitFor(() => urlOf() !== undefined, { timeoutMs: 30_000, intervalMs: 20 });
    const ours = async (): Promise<void> => await read(`${api.url}/v1/clusters`, token);
    const theirs = async (): Promise<void> => await read(`${urlOf()}/`);
    for (const warm of [ours, theirs]) await load(2_000, 8, warm);
    const rates = { ours: [] as number[], bare: [] as number[] };
    const latencies: number[] = [];
    // In turn, so that whatever else the machine does meets both.
    for (let round = 0; round < 3; round += 1) {
      const mine = await load(seconds * 1_000, 8, ours);
      latencies.push(...mine);
      rates.ours.push(mine.length / seconds);
      rates.bare.push((await load(seconds * 1_000, 8, theirs)).length / seconds);
    }
    say(
      `list of 100 of ${clusters} clusters: ${median(rates.ours).toFixed(0)}/s, bare route ${median(rates.bare).toFixed(0)}/s, ratio ${(median(rates.ours) / median(rates.bare)).toFixed(2)}; p50 ${ms(percentile(latencies, 0.5))}, p99 ${ms(percentile(latencies, 0.99))} with 8 at once`,
    );
  } finally {
    bare.kill();
  }
}

/** The provider's look at the clusters of `measureList`, each with two workers and an operation that runs. */
async function measureFleet(api: ApiProcess): Promise<void> {
  const expiresAt = new Date(Date.now() + 3_600_000);
  const token = await platform.login(await platform.newProject(), 'viewer', { expiresAt, isProvider: true });
  await platform.asSuperuser(
    `insert into nodes (cluster_id, name, project_id, pool, flavor, state, server_id, address, created_at, ready_at)
     select id, id || '-' || n, project_id, 'workers', 'm1.small', 'ready', md5(id || n), '10.6.0.' || n, now(), now() from clusters, generate_series(1, 2) n;
     insert into operations (id, project_id, cluster_id, kind, generation, requested_by, request_id)
     select 'op-' || lpad((row_number() over ())::text, 12, '0'), project_id, id, 'cluster.create', 1, 'x', 'x' from clusters;
     analyze nodes; analyze operations`,
  );
  const measured: string[] = [];
  for (const [name, path] of [
    ['a page of 100', 'clusters'],
    ['found by a server', 'clusters?search=d41d8cd98f00'],
    ['troubled', 'clusters?attention=troubled'],
    ['counted', 'summary'],
  ] as const) {
    const took = await load(2_000, 1, async () => await read(`${api.url}/v1/fleet/${path}`, token));
    measured.push(`${name} ${ms(median(took))}`);
  }
  say(`fleet of ${clusters} clusters and ${2 * clusters} workers: ${measured.join(', ')}`);
}

async function measureCreates(api: ApiProcess): Promise<void> {
  // A project may have twenty.
  const clients = await Promise.all(
    Array.from({ length: Math.ceil(creates / 20) }, async () => {
      const token = await platform.login(await platform.newProject(), 'operator');
      return createClient({ baseUrl: api.url, token });
    }),
  );
  let next = 0;
  const took: number[] = [];
  const started = performance.now();
  const one = async (): Promise<void> => {
    while (next < creates) {
      const client = clients[next % clients.length];
      next += 1;
      const name = `c-${next}`;
      const began = performance.now();
      await client?.call('cluster.create', { body: { name, pools: [{ name: 'w', flavor: 'm1.small', count: 2 }] } });
      took.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  const rate = creates / ((performance.now() - started) / 1_000);
  say(
    `${creates} creates, 8 at once: ${rate.toFixed(0)}/s, p50 ${ms(percentile(took, 0.5))}, p99 ${ms(percentile(took, 0.99))}`,
  );
}

async function measureEvents(api: ApiProcess): Promise<void> {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'operator');
  const client = createClient({ baseUrl: api.url, token });
  const before = await residentBytes(api.pid);
  const arrivals: number[] = [];
  const streams = await Promise.all(
    Array.from(
      { length: subscribers },
      async () =>
        await new Promise<{ destroy: () => void }>((resolve, reject) => {
          const request = get(
            `${api.url}/v1/events`,
            { agent: new Agent(), headers: { authorization: `Bearer ${token}` } },
            (response) => {
              response.setEncoding('utf8').on('data', (text: string) => {
                if (text.includes('cluster.created')) arrivals.push(performance.now());
              });
              response.once('data', () => resolve(request));
            },
          );
          request.once('error', reject);
        }),
    ),
  );
  await sleep(2_000);
  const perSubscriber = ((await residentBytes(api.pid)) - before) / subscribers / 1024;
  const delays: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    arrivals.length = 0;
    await client.call('cluster.create', { body: { name: `event-${round}` } });
    // The answer comes after the commit, so this is at most the time since it.
    const committed = performance.now();
    await waitFor(() => arrivals.length >= subscribers, { timeoutMs: 30_000, intervalMs: 5 });
    if (arrivals.length < subscribers)
      throw new Error(`${arrivals.length} of ${subscribers} subscribers got the event`);
    delays.push(...arrivals.map((at) => at - committed));
  }
  for (const stream of streams) stream.destroy();
  say(
    `events, commit to ${subscribers} subscribers: p50 ${ms(percentile(delays, 0.5))}, p99 ${ms(percentile(delays, 0.99))}; ${perSubscriber.toFixed(0)} KiB of kaas-api per subscriber`,
  );
}

async function measureStart(): Promise<void> {
  const program = new URL('../../kaas', import.meta.url).pathname;
  const took: number[] = [];
  for (let round = 0; round < 12; round += 1) {
    const started = performance.now();
    await run([program, '--help']);
    took.push(performance.now() - started);
  }
  say(`kaas --help: ${ms(median(took.slice(2)))} (median of ten)`);
}
