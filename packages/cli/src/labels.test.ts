import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  cluster,
  kaas,
  operation,
  requests,
  routes,
  startFakeService,
  stopFakeService,
  withToken,
} from './testing/fake-service.ts';

beforeEach(async () => {
  await startFakeService();
  routes['GET /v1/clusters?name=demo'] = () => [200, { items: [cluster] }];
  routes[`GET /v1/clusters/${cluster.id}`] = () => [200, cluster, { etag: '"1"' }];
  routes[`PATCH /v1/clusters/${cluster.id}`] = () => [202, operation('running', 0)];
});
afterEach(stopFakeService);

it('sets and removes labels as kubectl does, and keeps the others', async () => {
  const update = async (...labels: readonly string[]): Promise<unknown> => {
    const argv = ['cluster', 'update', 'demo', ...labels.flatMap((label) => ['--label', label])];
    const { code, stderr } = await kaas(argv, withToken);
    expect(code, stderr).toBe(0);
    return requests.at(-1)?.body;
  };
  expect(await update('env=prod')).toEqual({ labels: { env: 'prod', old: 'x' } });
  expect(await update('old-', 'dash=a-')).toEqual({ labels: { env: 'test', dash: 'a-' } });
  expect(await update('old-', 'old=new')).toEqual({ labels: { env: 'test', old: 'new' } });
  expect((await kaas(['cluster', 'update', 'demo', '--label', 'nothing'], withToken)).code).toBe(2);
});

it('lists by a selector, and shows labels where there is room', async () => {
  routes['GET /v1/clusters?selector=env%21%3Dprod'] = () => [200, { items: [cluster] }];
  const { stdout } = await kaas(['cluster', 'list', '-l', 'env!=prod', '-o', 'wide'], withToken);
  expect(stdout).toContain('env=test,old=x');
});
