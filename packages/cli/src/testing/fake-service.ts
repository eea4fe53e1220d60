import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../program.ts';
import type { Terminal } from '../terminal.ts';

// An HTTP server that answers as the contract says stands in for kaas-api: what is tested here is what the CLI sends and prints.
type Answer = readonly [status: number, body: unknown, headers?: Readonly<Record<string, string>>];
type Route = (body: unknown) => Answer;

export let home: string;
let server: Server;
export let url: string;
export let routes: Record<string, Route>;
export let requests: { readonly route: string; readonly body: unknown; readonly authorization: string | undefined }[];

/** Before every test: nobody at home, no routes. */
export async function startFakeService(): Promise<void> {
  home = await mkdtemp(join(tmpdir(), 'kaas-cli-'));
  routes = {};
  requests = [];
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const route = `${request.method} ${request.url}`;
    requests.push({ route, body, authorization: request.headers.authorization });
    const [status, answer, headers] = routes[route]?.(body) ?? [404, problem(404, 'not_found', `no ${route}`)];
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(answer === undefined ? '' : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function stopFakeService(): Promise<void> {
  server.closeAllConnections();
  server.close();
  await rm(home, { recursive: true, force: true });
}

export function problem(status: number, code: string, detail: string): object {
  return {
    type: 'about:blank',
    title: code,
    status,
    detail,
    code,
    actor: 'user',
    next: 'Do it right.',
    requestId: 'r-1',
  };
}

/** A command line as a program runs it. */
export async function kaas(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const out = { stdout: '', stderr: '' };
  const terminal: Terminal = {
    stdout: (text) => {
      out.stdout += text;
    },
    stderr: (text) => {
      out.stderr += text;
    },
    stdoutIsTty: false,
    stderrIsTty: false,
    stdinIsTty: false,
    env: { KAAS_URL: url, ...env },
    home,
    signal: new AbortController().signal,
    openUrl: () => {},
    ask: async () => 'unused',
    readSecret: async () => 'unused',
  };
  const now = () => new Date('2026-11-24T00:10:00Z');
  const code = await runCli({ argv, terminal, version: '0.1.0', now });
  return { code, ...out };
}

export const cluster = {
  id: 'c-aaaaaaaaaa',
  name: 'demo',
  labels: { env: 'test', old: 'x' },
  projectId: 'p',
  kubernetesVersion: 'v1.36.3',
  tier: 'ha',
  network: { nodeCidr: '10.6.0.0/20', podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16' },
  pools: [
    {
      ...{ name: 'workers', flavor: 'm1.medium', count: 2, labels: {}, taints: [], kubernetesVersion: 'v1.36.3' },
      rollout: { maxSurge: 1, maxUnavailable: 0, drainTimeoutSeconds: 900, paused: false },
      autoRepair: true,
      autoscaling: null,
      status: { machines: 2, ready: 1 },
    },
  ],
  generation: 1,
  status: { phase: 'creating', conditions: [], endpoint: null, kubernetesVersion: null, observedGeneration: 0 },
  createdAt: '2026-11-24T00:00:00Z',
  updatedAt: '2026-11-24T00:00:00Z',
};
export const operation = (state: string, percent: number) => ({
  id: 'op-1',
  kind: 'cluster.create',
  clusterId: cluster.id,
  clusterName: 'demo',
  state,
  done: state !== 'running',
  percent,
  message: 'working',
  phases: [
    {
      name: 'Network',
      state: 'done',
      message: '',
      percent: 100,
      startedAt: '2026-11-24T00:00:00Z',
      finishedAt: '2026-11-24T00:00:05Z',
    },
    {
      name: 'Workers',
      state: state === 'running' ? 'running' : 'done',
      message: '1 of 2',
      percent,
      startedAt: '2026-11-24T00:00:05Z',
      finishedAt: state === 'running' ? null : '2026-11-24T00:00:09Z',
    },
  ],
  error: null,
  startsAt: null,
  expectedAt: null,
  lateAt: null,
  requestedBy: 'ann',
  createdAt: '2026-11-24T00:00:00Z',
  finishedAt: null,
});
export const withToken = { KAAS_TOKEN: 't' };
