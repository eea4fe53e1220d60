import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  cluster,
  home,
  kaas,
  operation,
  problem,
  routes,
  startFakeService,
  stopFakeService,
  url,
  withToken,
} from './testing/fake-service.ts';

beforeEach(startFakeService);
afterEach(stopFakeService);

describe('access to a cluster', () => {
  beforeEach(() => {
    routes['GET /v1/clusters'] = () => [200, { items: [cluster] }];
    routes['GET /v1/clusters?name=demo'] = () => [200, { items: [cluster] }];
    routes['GET /v1/clusters?name=none'] = () => [200, { items: [] }];
    routes[`GET /v1/clusters/${cluster.id}`] = () => [200, cluster, { etag: '"1"' }];
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
});
