import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { cloudIn, inventory } from '../support/cloud.ts';
import { apply, serviceAddress } from '../support/kubernetes.ts';
import { config, kaas, kaasJson, kaasOk, kubectl } from '../support/platform.ts';
import { eventually } from '../support/waiting.ts';

/** Asks the cloud's socket for faults (packages/pocket-cloud/src/faults). */
async function faults(method: 'POST' | 'DELETE', fault?: object): Promise<void> {
  const socketPath = join(config.dataDir, 'pocket-cloud/run/admin.sock');
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const call = request({ socketPath, method, path: '/faults', headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    });
    call.once('error', reject).end(fault === undefined ? undefined : JSON.stringify({ fault }));
  });
  if (status === undefined || status >= 300) throw new Error(`the cloud refuses the fault: ${status}`);
}
const inject = async (fault: object): Promise<void> => await faults('POST', fault);

interface Shown {
  readonly id: string;
  readonly status: {
    readonly phase: string;
    readonly conditions: readonly {
      readonly status: string;
      readonly reason: string;
      readonly message: string;
      readonly actor?: string;
    }[];
  };
}
const shown = async (name: string): Promise<Shown> => await kaasJson<Shown>(['cluster', 'get', name]);
const isReady = async (name: string): Promise<true | undefined> =>
  (await shown(name)).status.phase === 'ready' ? true : undefined;

/** What the cluster says is wrong with a reason. */
async function complaint(name: string, reason: string) {
  return await eventually(`${name} says ${reason}`, async () =>
    (await shown(name)).status.conditions.find(
      (condition) => condition.status !== 'True' && condition.reason === reason,
    ),
  );
}

/** In the cluster `demo` that quickstart made, and one more. */
export function faultStories(): void {
  describe('a cloud that fails', () => {
    afterEach(async () => await faults('DELETE'));

    it('without room for a server is named, with who must act; the worker comes when there is room', async () => {
      await inject({ kind: 'server-error', name: '-extra-', message: 'No valid host was found.' });
      await kaasOk(['pool', 'add', 'demo', 'extra', '--flavor', 'm1.small', '--count', '1']);
      const said = await complaint('demo', 'NoCapacity');
      expect(said).toMatchObject({ actor: 'provider', message: expect.stringContaining('No valid host was found') });
      expect((await shown('demo')).status.phase).not.toBe('ready');
      await faults('DELETE');
      await eventually('the worker is ready', async () => await isReady('demo'));
      await kaasOk(['pool', 'remove', 'demo', 'extra', '--wait']);
      expect((await inventory('demo')).servers).toHaveLength(2);
    });

    it('that does what it is told and says that it failed makes nothing twice', async () => {
      const before = await inventory('demo');
      const lie = { kind: 'answer', status: 500, message: 'lost on the way', method: 'POST', afterEffect: true };
      const told: readonly (readonly [string, string])[] = [
        ['neutron', '/networks$'],
        ['neutron', '/subnets$'],
        ['neutron', '/routers$'],
        ['neutron', '/security-groups$'],
        ['neutron', '/ports$'],
        ['nova', '/servers$'],
        ['octavia', '/loadbalancers$'],
        ['octavia', '/listeners$'],
        ['octavia', '/pools$'],
        ['keystone', '/users$'],
        ['keystone', '/application_credentials$'],
      ];
      for (const [service, path] of told) await inject({ ...lie, service, path, times: 1 });
      // Too many requests, in the middle of it all.
      await inject({
        kind: 'answer',
        service: 'nova',
        path: '/servers',
        status: 429,
        headers: { 'retry-after': '1' },
        times: 3,
      });
      await kaasOk(['cluster', 'create', 'lied', '--pool', 'w:m1.small:1', '--wait', '--timeout', '10m']);
      await faults('DELETE');
      const { id } = await shown('lied');
      const during = await inventory('demo');
      const more = (kind: string): number => (during[kind] ?? []).length - (before[kind] ?? []).length;
      expect({ servers: more('servers'), networks: more('networks'), routers: more('routers') }).toEqual({
        servers: 1,
        networks: 1,
        routers: 1,
      });
      const { cloud } = await cloudIn('management');
      const balancers = (await cloud.octavia.loadBalancers.list({})).filter(({ name }) => name.includes(id));
      expect(balancers).toHaveLength(1);
      await kaasOk(['cluster', 'delete', 'lied', '--wait']);
      expect(await inventory('demo')).toEqual(before);
      expect((await cloud.octavia.loadBalancers.list({})).filter(({ name }) => name.includes(id))).toEqual([]);
    });

    it('whose load balancer fails gets the Service there all the same', async () => {
      await inject({ kind: 'load-balancer', name: '_default_unlucky$', outcome: 'error', times: 1 });
      const spec = { type: 'LoadBalancer', selector: { app: 'hello' }, ports: [{ port: 80, targetPort: 8080 }] };
      const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'unlucky' }, spec };
      await apply('demo', service);
      const address = await serviceAddress('demo', 'unlucky');
      await eventually('it answers', async () => ((await fetch(`http://${address}/`)).ok ? true : undefined), 60_000);
      await kubectl('demo', ['delete', 'service', 'unlucky']);
      expect((await kaas(['cluster', 'get', 'demo'])).code).toBe(0);
    });
  });
}
