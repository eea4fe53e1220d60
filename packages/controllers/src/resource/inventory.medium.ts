import type { Resource } from '@matryoshka/domain';
import { grantRoles } from '@matryoshka/openstack';
import { createLogger } from '@matryoshka/system';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestCloud, type TestCloud } from '../testing/cloud.ts';
import { type InventoryStore, syncInventory } from './inventory.ts';
import { clusterKey } from './recognise.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud('pni', 46);
});
afterAll(async () => await cloud?.stop());

const log = createLogger('test');
log.level = 'silent';

it('gives data that a cluster left to another cluster of its project, and to none of another project', async () => {
  const { keystone } = cloud.admin;
  const projectId = (await keystone.projects.create({ name: 'heirs' })).id;
  const userId = (await keystone.users.create({ name: 'eve', password: 'pw' })).id;
  await grantRoles(keystone, { projectId, userId }, ['member']);
  const { cinder } = cloud.login('eve', 'pw', 'heirs');
  const metadata = { [clusterKey]: 'c-gone', mine: 'too' };
  const volume = await cinder.volumes.create({ name: 'v', size: 1, metadata });
  await expect.poll(async () => (await cinder.volumes.get(volume.id)).status, { timeout: 60_000 }).toBe('available');
  const snapshot = await cinder.snapshots.create({ volume_id: volume.id, name: 's', metadata });
  const stray = await cinder.volumes.create({ name: 'stray', size: 1, metadata });

  let adoptions = [
    { kind: 'volume', id: volume.id, clusterId: 'c-heir' },
    { kind: 'volume-snapshot', id: snapshot.id, clusterId: 'c-heir' },
    // Whatever a row says: in another project, and not seen a moment ago.
    { kind: 'volume', id: stray.id, clusterId: 'c-foreign' },
    { kind: 'volume', id: 'absent', clusterId: 'c-heir' },
  ] as const satisfies Awaited<ReturnType<InventoryStore['adoptions']>> as Awaited<
    ReturnType<InventoryStore['adoptions']>
  >;
  const notes: (readonly [string, string | null])[] = [];
  const round = async () => {
    const seen: { live: Resource[]; left: Resource[] } = { live: [], left: [] };
    await syncInventory(
      cloud.admin,
      {
        clusters: async () => [
          { id: 'c-gone', projectId, deleted: true },
          { id: 'c-heir', projectId, deleted: false },
          { id: 'c-foreign', projectId: 'another', deleted: false },
        ],
        replace: async (_, resources) => void seen.live.push(...resources),
        replaceLeftovers: async (_, resources) => void seen.left.push(...resources),
        removals: async () => [],
        noteRemoval: async () => undefined,
        adoptions: async () => adoptions,
        noteAdoption: async ({ id }, error) => void notes.push([id, error]),
      },
      { log, signal: new AbortController().signal },
    );
    const ids = (resources: readonly Resource[]) => resources.map(({ clusterId, name }) => `${clusterId} ${name}`);
    return { live: ids(seen.live).toSorted(), left: ids(seen.left).toSorted() };
  };
  expect(await round()).toEqual({ live: [], left: ['c-gone s', 'c-gone stray', 'c-gone v'] });
  expect(notes).toEqual([
    [volume.id, null],
    [snapshot.id, null],
    [stray.id, 'a volume of c-gone cannot become one of c-foreign'],
  ]);
  adoptions = [];
  expect(await round()).toEqual({ live: ['c-heir s', 'c-heir v'], left: ['c-gone stray'] });
  expect((await cinder.volumes.get(volume.id)).metadata).toEqual({ [clusterKey]: 'c-heir', mine: 'too' });
});
