import type { Resource, ResourceKind } from '@matryoshka/domain';
import { type Cloud, OpenStackError } from '@matryoshka/openstack';
import { createLogger } from '@matryoshka/system';
import { describe, expect, it } from 'vitest';
import { syncInventory } from './inventory.ts';

const quiet = createLogger('test');
quiet.level = 'silent';

const refuse = (status: number) => async (): Promise<never> => {
  throw new OpenStackError('no', { service: 'block-storage', status, method: 'GET', url: 'http://cloud.test' });
};

const store = {
  replace: async () => undefined,
  replaceLeftovers: async () => undefined,
  removals: async () => [],
  noteRemoval: async () => undefined,
  adoptions: async () => [],
  noteAdoption: async () => undefined,
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
      ...store,
      clusters: async () => [{ id: 'c-one', projectId: 'red', deleted: false }],
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

describe('what clusters that are gone left', () => {
  const balancer = (id: string, clusterId: string, projectId: string) => ({
    ...{ id, project_id: projectId, name: `kube_service_${clusterId}_default_web`, provisioning_status: 'ACTIVE' },
    ...{ operating_status: 'ONLINE', vip_port_id: `port-${id}`, vip_address: '10.0.0.1', created_at: null },
  });
  const clusters = [
    { id: 'c-live', projectId: 'red', deleted: false },
    { id: 'c-gone', projectId: 'red', deleted: true },
  ];

  /** One round in a cloud with these load balancers, after these were asked to go. */
  async function round(wanted: readonly string[], refusal?: Error) {
    const seen: Record<string, readonly string[]> = {};
    const removed: string[] = [];
    const notes: [string, string | null][] = [];
    const balancers = [
      balancer('lb-live', 'c-live', 'red'),
      balancer('lb-gone', 'c-gone', 'red'),
      balancer('lb-elsewhere', 'c-gone', 'blue'),
      balancer('lb-unknown', 'c-unknown', 'red'),
    ];
    const deleteCascade = async (id: string): Promise<void> => {
      if (refusal !== undefined) throw refusal;
      removed.push(id);
    };
    const nothing = { list: async () => [] };
    const cloud = {
      octavia: { loadBalancers: { list: async () => balancers, deleteCascade } },
      neutron: { floatingIps: nothing },
      cinder: { volumes: nothing, snapshots: nothing },
    } as unknown as Cloud;
    const ids = (resources: readonly Resource[]): readonly string[] => resources.map(({ id }) => id);
    await syncInventory(
      cloud,
      {
        ...store,
        clusters: async () => clusters,
        replace: async ([kind = ''], resources) => void Object.assign(seen, { [`live ${kind}`]: ids(resources) }),
        replaceLeftovers: async ([kind = ''], resources) =>
          void Object.assign(seen, { [`left ${kind}`]: ids(resources) }),
        removals: async () => wanted.map((id) => ({ kind: 'load-balancer', id })),
        noteRemoval: async ({ id }, error) => void notes.push([id, error]),
      },
      { log: quiet, signal: new AbortController().signal },
    );
    return { seen, removed, notes };
  }

  it('is told apart from what live clusters have, and from what is not ours', async () => {
    const { seen, removed } = await round([]);
    expect(seen).toMatchObject({ 'live load-balancer': ['lb-live'], 'left load-balancer': ['lb-gone'] });
    expect(removed).toEqual([]);
  });

  it('goes when it was asked to; nothing else does, whatever was asked', async () => {
    const { removed, notes } = await round(['lb-gone', 'lb-live', 'lb-elsewhere', 'lb-unknown', 'lb-nothing']);
    expect(removed).toEqual(['lb-gone']);
    expect(notes).toEqual([['lb-gone', null]]);
  });

  it('stays when the cloud refuses, with why', async () => {
    expect(await round(['lb-gone'], new Error('immutable'))).toMatchObject({
      removed: [],
      notes: [['lb-gone', 'immutable']],
    });
  });
});
