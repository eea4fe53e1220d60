import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { operationIds, operations } from '@matryoshka/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandPaths } from './commands/completion.ts';
import { buildProgram } from './program.ts';
import type { Terminal } from './terminal.ts';
import {
  cluster,
  home,
  kaas,
  operation,
  problem,
  requests,
  routes,
  startFakeService,
  stopFakeService,
  withToken,
} from './testing/fake-service.ts';

beforeEach(startFakeService);
afterEach(stopFakeService);

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
