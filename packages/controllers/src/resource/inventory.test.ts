import type { ResourceKind } from '@matryoshka/domain';
import { type Cloud, OpenStackError } from '@matryoshka/openstack';
import { createLogger } from '@matryoshka/system';
import { expect, it } from 'vitest';
import { syncInventory } from './inventory.ts';

const quiet = createLogger('test');
quiet.level = 'silent';

const refuse = (status: number) => async (): Promise<never> => {
  throw new OpenStackError('no', { service: 'block-storage', status, method: 'GET', url: 'http://cloud.test' });
};

async function kindsReplaced(cinder: () => Promise<unknown>): Promise<readonly ResourceKind[]> {
  const replaced: ResourceKind[] = [];
  const nothing = { list: async () => [] };
  const cloud = {
    octavia: { loadBalancers: nothing },
    neutron: { floatingIps: nothing },
    cinder: { volumes: { list: cinder }, snapshots: { list: cinder } },
  } as unknown as Cloud;
  await syncInventory(
    cloud,
    {
      clusters: async () => [{ id: 'c-one', projectId: 'red' }],
      replace: async (kinds) => void replaced.push(...kinds),
    },
    { log: quiet, signal: new AbortController().signal },
  );
  return replaced;
}

it('leaves as it was what a service does not tell', async () => {
  expect(await kindsReplaced(refuse(503))).toEqual(['load-balancer', 'floating-ip']);
});

it('takes a service that the cloud lacks for an empty one', async () => {
  expect(await kindsReplaced(refuse(404))).toEqual(['load-balancer', 'floating-ip', 'volume', 'volume-snapshot']);
});
