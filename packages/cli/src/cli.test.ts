import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operationIds, operations } from '@matryoshka/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commandPaths } from './commands/completion.ts';
import { buildProgram, runCli } from './program.ts';
import type { Terminal } from './terminal.ts';

// An HTTP server that answers as the contract says stands in for kaas-api: what is tested here is what the CLI sends and prints.
type Answer = readonly [status: number, body: unknown, headers?: Readonly<Record<string, string>>];
type Route = (body: unknown) => Answer;

let home: string;
let server: Server;
let url: string;
let routes: Record<string, Route>;
let requests: { readonly route: string; readonly body: unknown; readonly authorization: string | undefined }[];

beforeEach(async () => {
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
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(home, { recursive: true, force: true });
});

function problem(status: number, code: string, detail: string): object {
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

async function kaas(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
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
    ask: async () => 'unused',
    readSecret: async () => 'unused',
  };
  const now = () => new Date('2026-11-24T00:10:00Z');
  const code = await runCli({ argv, terminal, version: '0.1.0', now });
  return { code, ...out };
}

const cluster = {
  id: 'c-aaaaaaaaaa',
  name: 'demo',
  projectId: 'p',
  kubernetesVersion: 'v1.36.3',
  tier: 'ha',
  network: { nodeCidr: '10.6.0.0/20', podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16' },
  pools: [
    { name: 'workers', flavor: 'm1.medium', count: 2, labels: {}, taints: [], status: { machines: 2, ready: 1 } },
  ],
  generation: 1,
  status: { phase: 'creating', conditions: [], endpoint: null, kubernetesVersion: null, observedGeneration: 0 },
  createdAt: '2026-11-24T00:00:00Z',
  updatedAt: '2026-11-24T00:00:00Z',
};
const operation = (state: string, percent: number) => ({
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
const withToken = { KAAS_TOKEN: 't' };

describe('login', () => {
  beforeEach(() => {
    routes['POST /v1/auth/login'] = () => [
      200,
      {
        token: 'secret-token',
        user: { id: 'u', name: 'ann' },
        project: { id: 'p', name: 'demo' },
        role: 'admin',
        expiresAt: '2026-11-25T00:00:00Z',
        projects: [],
      },
    ];
    routes['GET /v1/me'] = () => [
      200,
      {
        user: { id: 'u', name: 'ann' },
        project: { id: 'p', name: 'demo' },
        role: 'admin',
        expiresAt: '2026-11-25T00:00:00Z',
      },
    ];
  });

  it('keeps the token for the owner only, and logout forgets it', async () => {
    routes['POST /v1/auth/logout'] = () => [204, undefined];
    const login = await kaas(['login'], { OS_USERNAME: 'ann', OS_PASSWORD: 'pw', OS_PROJECT_NAME: 'demo' });
    expect(login).toMatchObject({ code: 0, stdout: '' });
    expect(requests[0]?.body).toEqual({ method: 'password', user: 'ann', password: 'pw', project: 'demo' });
    const file = join(home, '.config/matryoshka/config.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await kaas(['whoami', '--no-headers'])).stdout).toBe('ann   demo   admin   2026-11-25T00:00:00Z\n');
    expect(requests[1]?.authorization).toBe('Bearer secret-token');
    expect((await kaas(['logout'])).code).toBe(0);
    expect(await readFile(file, 'utf8')).not.toContain('secret-token');
  });

  it('never sends the token to another address', async () => {
    await kaas(['login', '--user', 'ann'], { OS_PASSWORD: 'pw' });
    const other = await kaas(['whoami', '--url', 'http://127.0.0.1:9']);
    expect(other).toMatchObject({ code: 1 });
    expect(other.stderr).toMatch(/^kaas: not logged in to http:\/\/127\.0\.0\.1:9\n/);
  });

  it('does not ask for a password when nobody is there', async () => {
    const result = await kaas(['login', '--user', 'ann']);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/no password for ann[\s\S]*next step/);
  });
});

describe('clusters', () => {
  beforeEach(() => {
    routes['GET /v1/clusters'] = () => [200, { items: [cluster] }];
    routes['GET /v1/clusters?name=demo'] = () => [200, { items: [cluster] }];
    routes['GET /v1/clusters?name=none'] = () => [200, { items: [] }];
    routes[`GET /v1/clusters/${cluster.id}`] = () => [200, cluster, { etag: '"1"' }];
  });

  it('prints tables and machine formats', async () => {
    expect((await kaas(['cluster', 'list'], withToken)).stdout).toBe(
      [
        'NAME   ID             PHASE      TIER   VERSION   WORKERS   AGE',
        'demo   c-aaaaaaaaaa   creating   ha     v1.36.3   1/2       10m',
        '',
      ].join('\n'),
    );
    expect((await kaas(['cluster', 'list', '-o', 'name'], withToken)).stdout).toBe('demo\n');
    expect(JSON.parse((await kaas(['cluster', 'get', 'demo', '-o', 'json'], withToken)).stdout)).toEqual(cluster);
  });

  it('shows what Kubernetes made for a cluster', async () => {
    const common = { usedBy: 'Service default/web', address: null, sizeGib: null, createdAt: cluster.createdAt };
    routes[`GET /v1/clusters/${cluster.id}/resources`] = () => [
      200,
      {
        items: [
          { ...common, kind: 'load-balancer', id: 'lb', name: 'n', status: 'ACTIVE, ONLINE', address: '172.29.0.9' },
          {
            ...common,
            kind: 'volume',
            id: 'v',
            name: 'm',
            status: 'in-use',
            usedBy: null,
            sizeGib: 3,
            createdAt: null,
          },
        ],
      },
    ];
    expect((await kaas(['cluster', 'resources', 'demo'], withToken)).stdout).toBe(
      [
        'KIND            FOR                   STATUS           ADDRESS      SIZE    AGE   ID',
        'load-balancer   Service default/web   ACTIVE, ONLINE   172.29.0.9   -       10m   lb',
        'volume          -                     in-use           -            3 GiB   -     v',
        '',
      ].join('\n'),
    );
  });

  it('creates, and waits line by line where nobody watches', async () => {
    routes['POST /v1/clusters'] = () => [202, operation('running', 50)];
    routes['GET /v1/operations/op-1'] = () => [200, operation('succeeded', 100)];
    const argv = ['cluster', 'create', 'demo', '--tier', 'ha', '--pool', 'workers:m1.medium:2', '--wait', '-o', 'name'];
    const result = await kaas(argv, withToken);
    expect(result).toEqual({
      code: 0,
      stdout: 'op-1\n',
      stderr: 'Network done (5.0 s)\nWorkers running: 1 of 2\nWorkers done (4.0 s)\n',
    });
    expect(requests[0]?.body).toEqual({
      name: 'demo',
      tier: 'ha',
      pools: [{ name: 'workers', flavor: 'm1.medium', count: 2 }],
    });
  });

  it('ends with 5 when the time is over, and says how to go on', async () => {
    routes['POST /v1/clusters'] = () => [202, operation('running', 50)];
    const result = await kaas(['cluster', 'create', 'demo', '--wait', '--timeout', '0s'], withToken);
    expect(result.code).toBe(5);
    expect(result.stderr).toContain('kaas operation wait op-1');
  });

  it('tells a person what is wrong with a cluster, once, and who must act', async () => {
    const cause = {
      status: 'False',
      reason: 'NoCapacity',
      message: 'The cloud has no room (No valid host); wait.',
      actor: 'provider',
      observedGeneration: 1,
      lastTransitionTime: '2026-11-24T00:00:00Z',
    };
    const { actor, ...fine } = { ...cause, type: 'NetworkReady', status: 'True' };
    const conditions = [fine, { ...cause, type: 'WorkersReady' }, { ...cause, type: 'Ready' }];
    const broken = { ...cluster, status: { ...cluster.status, conditions } };
    routes[`GET /v1/clusters/${cluster.id}`] = () => [200, broken, { etag: '"1"' }];
    const shown = await kaas(['cluster', 'get', 'demo'], withToken);
    expect(shown.stderr).toBe(
      'The cloud has no room (No valid host); wait. [NoCapacity]\n  who must act: your provider\n',
    );
    expect((await kaas(['cluster', 'get', 'demo', '-o', 'json'], withToken)).stderr).toBe('');
    expect(actor).toBe('provider');
  });

  it('writes the kubeconfig or prints it', async () => {
    const kubeconfig = `apiVersion: v1
kind: Config
current-context: x
contexts:
  - {name: x, context: {cluster: a, user: b}}
clusters:
  - {name: a, cluster: {server: "https://172.29.1.7:6443"}}
users:
  - name: b
    user:
      exec:
        apiVersion: client.authentication.k8s.io/v1
        command: kaas
        args: [get-token, --cluster, ${cluster.id}]
`;
    routes[`GET /v1/clusters/${cluster.id}/kubeconfig`] = () => [200, { kubeconfig, context: 'x' }];
    const printed = await kaas(['cluster', 'kubeconfig', 'demo', '--stdout'], {
      ...withToken,
      KAAS_LAUNCHER: '/opt/kaas/kaas',
      KAAS_CONFIG: '/home/ann/session.json',
    });
    // The plug-in is the program that runs now, and asks this service with this session.
    expect(parse(printed.stdout).users).toEqual([
      {
        name: 'b',
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: '/opt/kaas/kaas',
            args: ['get-token', '--cluster', cluster.id, '--url', url],
            env: [{ name: 'KAAS_CONFIG', value: '/home/ann/session.json' }],
          },
        },
      },
    ]);
    const onPath = join(home, 'kaas');
    await writeFile(onPath, '', { mode: 0o755 });
    for (const [launcher, command] of [
      [onPath, 'kaas'],
      ['/elsewhere/kaas', '/elsewhere/kaas'],
    ] as const) {
      const env = { ...withToken, KAAS_LAUNCHER: launcher, PATH: `/none:${home}` };
      const { stdout } = await kaas(['cluster', 'kubeconfig', 'demo', '--stdout'], env);
      expect(parse(stdout).users[0].user.exec.command).toBe(command);
    }
    const mine = join(home, 'mine');
    await writeFile(mine, '# mine\napiVersion: v1\nkind: Config\n');
    await kaas(['cluster', 'kubeconfig', 'demo'], { ...withToken, KUBECONFIG: `${join(home, 'absent')}:${mine}` });
    expect(await readFile(mine, 'utf8')).toMatch(
      /^# mine[\s\S]*server: https:\/\/172.29.1.7:6443[\s\S]*current-context: demo/,
    );
  });

  it('gives kubectl a token, in the version it speaks', async () => {
    const expiresAt = '2026-10-26T12:15:00Z';
    routes[`POST /v1/clusters/${cluster.id}/credentials`] = () => [
      201,
      { token: 'jwt', expiresAt, username: 'kaas:u', groups: ['kaas:admin'] },
    ];
    const ask = async (info?: string) =>
      JSON.parse(
        (
          await kaas(['get-token', '--cluster', cluster.id], {
            ...withToken,
            ...(info === undefined ? {} : { KUBERNETES_EXEC_INFO: info }),
          })
        ).stdout,
      );
    const status = { token: 'jwt', expirationTimestamp: expiresAt };
    const kind = 'ExecCredential';
    expect(await ask()).toEqual({ apiVersion: 'client.authentication.k8s.io/v1', kind, status });
    const older = { apiVersion: 'client.authentication.k8s.io/v1beta1', kind };
    expect(await ask(JSON.stringify(older))).toEqual({ ...older, status });
    expect((await ask('no json')).apiVersion).toBe('client.authentication.k8s.io/v1');
    const foreign = 'c-aaaaaaaaaa';
    routes[`POST /v1/clusters/${foreign}/credentials`] = () => [404, problem(404, 'not_found', 'no cluster')];
    const refused = await kaas(['get-token', '--cluster', foreign], withToken);
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toContain('Log in to its project');
  });

  it('revokes what was given out for a cluster', async () => {
    routes[`DELETE /v1/clusters/${cluster.id}/credentials`] = () => [202, operation('running', 0)];
    const result = await kaas(['cluster', 'revoke-credentials', 'demo', '-o', 'name'], withToken);
    expect(result).toMatchObject({ code: 0, stdout: 'op-1\n' });
  });

  it.each([
    ['an unknown cluster', ['cluster', 'get', 'none'], 3, /there is no cluster none/],
    ['an unknown command', ['cluster', 'frobnicate'], 2, /unknown command/],
    ['a tier that does not exist', ['cluster', 'create', 'x', '--tier', 'big'], 2, /standard, ha/],
    ['a bad pool', ['cluster', 'create', 'x', '--pool', 'a:b:-1'], 2, /not a whole number/],
    ['a bad duration', ['operation', 'wait', 'op-1', '--timeout', 'soon'], 2, /not a duration/],
  ])('answers %s with its exit code', async (_, argv, code, message) => {
    const result = await kaas(argv, withToken);
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it('shows a problem in full: what, who, next step, request id', async () => {
    routes['POST /v1/clusters'] = () => [409, problem(409, 'name_taken', 'a cluster demo exists')];
    const result = await kaas(['cluster', 'create', 'demo'], withToken);
    expect(result.code).toBe(4);
    expect(result.stderr).toBe(
      'kaas: a cluster demo exists [name_taken]\n  who must act: you\n  next step: Do it right.\n  request id: r-1\n',
    );
  });

  it('names the address of a service that does not answer', async () => {
    const result = await kaas(['cluster', 'list'], { KAAS_TOKEN: 't', KAAS_URL: 'http://127.0.0.1:9' });
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/^kaas: the service does not answer: http:\/\/127\.0\.0\.1:9/);
  });
});

describe('the operation table', () => {
  it.each(operationIds)('names a command for %s that there is', (id) => {
    const program = buildProgram({
      terminal: { stdout: () => {}, stderr: () => {} } as unknown as Terminal,
      version: '0',
    });
    const paths = commandPaths(program).map((path) => path.join(' '));
    expect(paths).toContain(operations[id].cli.command);
  });
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('knows the commands in %s', async (shell) => {
    const { stdout } = await kaas(['completion', shell]);
    expect(stdout).toMatch(/cluster[\s\S]*kubeconfig/);
  });
});
