import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tier } from '../cluster/model.ts';
import { type DataStoreRoom, demandOf, type ManagementClusterRoom, placeControlPlane } from './place.ts';

const store = (given: Partial<DataStoreRoom> = {}): DataStoreRoom => ({
  name: 'default',
  maxTenants: null,
  maxConnections: null,
  maxBytes: null,
  bytes: null,
  tenants: { standard: 0, ha: 0 },
  ...given,
});
const room = (name: string, given: Partial<ManagementClusterRoom> = {}): ManagementClusterRoom => ({
  name,
  cordoned: false,
  fresh: true,
  nodes: 3,
  capacity: { cpuMillis: 10_000, memoryMib: 20_000, pods: 300 },
  reserved: { cpuMillis: 1_000, memoryMib: 2_000, pods: 30 },
  dataStores: [store()],
  ...given,
});
const placed = (rooms: readonly ManagementClusterRoom[], tier: Tier = 'standard') => {
  const placement = placeControlPlane(rooms, tier);
  return 'place' in placement
    ? placement.place
    : placement.refused.map(({ managementCluster, why }) => `${managementCluster} ${why}`);
};

describe('a new control plane', () => {
  it('goes where most is left, and by name where as much is left', () => {
    const full = store({ tenants: { standard: 10, ha: 0 } });
    expect(placed([room('a', { dataStores: [full] }), room('b')])).toEqual({
      managementCluster: 'b',
      dataStore: 'default',
    });
    expect(placed([room('b'), room('a')])).toMatchObject({ managementCluster: 'a' });
  });

  it('goes into no cordoned one, and into one that is silent only when no other has room', () => {
    expect(placed([room('a', { cordoned: true }), room('b', { fresh: false })])).toMatchObject({
      managementCluster: 'b',
    });
    expect(
      placed([room('a', { fresh: false }), room('b', { dataStores: [store({ tenants: { standard: 15, ha: 0 } })] })]),
    ).toMatchObject({
      managementCluster: 'b',
    });
    expect(placed([room('a', { cordoned: true })])).toEqual(['a is cordoned']);
    expect(placed([])).toEqual([]);
  });

  it('of the tier ha goes where its replicas are apart, if there is such a place', () => {
    const rooms = [room('a', { nodes: 1 }), room('b', { dataStores: [store({ tenants: { standard: 9, ha: 0 } })] })];
    expect(placed(rooms, 'ha')).toMatchObject({ managementCluster: 'b' });
    expect(placed(rooms, 'standard')).toMatchObject({ managementCluster: 'a' });
    expect(placed(rooms.slice(0, 1), 'ha')).toMatchObject({ managementCluster: 'a' });
  });

  it('keeps to the budgets of DataStores, each of them', () => {
    const rooms = (given: Partial<DataStoreRoom>) => [room('a', { dataStores: [store(given)] })];
    expect(placed(rooms({ maxTenants: 2, tenants: { standard: 1, ha: 0 } }))).toMatchObject({ dataStore: 'default' });
    expect(placed(rooms({ maxTenants: 2, tenants: { standard: 1, ha: 1 } }))).toEqual([
      'a has no DataStore with room (default has 2 of 2 tenants)',
    ]);
    expect(placed(rooms({ maxConnections: 20, tenants: { standard: 1, ha: 0 } }))).toMatchObject({
      dataStore: 'default',
    });
    expect(placed(rooms({ maxConnections: 20, tenants: { standard: 1, ha: 0 } }), 'ha')).toEqual([
      'a has no DataStore with room (default would need 30 of 20 connections)',
    ]);
    expect(placed(rooms({ maxBytes: 100, bytes: 100 }))).toEqual([
      'a has no DataStore with room (default has reached its size)',
    ]);
    expect(placed(rooms({ maxTenants: 0 }))).toEqual(['a has no DataStore with room (default has 0 of 0 tenants)']);
    const two = [
      store({ name: 'one', maxTenants: 10, tenants: { standard: 9, ha: 0 } }),
      store({ name: 'two', maxTenants: 10 }),
    ];
    expect(placed([room('a', { dataStores: two })])).toEqual({ managementCluster: 'a', dataStore: 'two' });
  });

  it('goes anywhere while nothing is known', () => {
    expect(placed([room('a', { capacity: null, dataStores: [] })])).toEqual({
      managementCluster: 'a',
      dataStore: 'default',
    });
  });

  it('never exceeds a capacity or a budget, and is refused only when each is full', () => {
    const tiers = fc.array(fc.constantFrom<Tier>('standard', 'ha'), { maxLength: 60 });
    const sizes = fc.tuple(
      fc.integer({ min: 0, max: 4_000 }),
      fc.integer({ min: 0, max: 30_000 }),
      fc.integer({ min: 0, max: 40 }),
    );
    const budget = fc.option(fc.integer({ min: 0, max: 12 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(sizes, budget, budget), { minLength: 1, maxLength: 4 }), tiers, (given, wanted) => {
        let rooms = given.map(([[cpuMillis, memoryMib, pods], maxTenants, tens], index) =>
          room(`m${index}`, {
            capacity: { cpuMillis, memoryMib, pods },
            reserved: { cpuMillis: 0, memoryMib: 0, pods: 0 },
            dataStores: [store({ maxTenants, maxConnections: tens === null ? null : tens * 10 })],
          }),
        );
        for (const tier of wanted) {
          const placement = placeControlPlane(rooms, tier);
          if (!('place' in placement)) {
            expect(placement.refused).toHaveLength(rooms.length);
            continue;
          }
          rooms = rooms.map((one) => {
            if (one.name !== placement.place.managementCluster) return one;
            const [first] = one.dataStores;
            const { standard, ha } = first?.tenants ?? { standard: 0, ha: 0 };
            const tenants = tier === 'ha' ? { standard, ha: ha + 1 } : { standard: standard + 1, ha };
            return { ...one, dataStores: [{ ...store(), ...first, tenants }] };
          });
          for (const { capacity, dataStores } of rooms) {
            const taken = demandOf(dataStores.map(({ tenants }) => tenants));
            for (const member of ['cpuMillis', 'memoryMib', 'pods'] as const)
              expect(taken[member]).toBeLessThanOrEqual(capacity?.[member] ?? 0);
            for (const { maxTenants, maxConnections, tenants } of dataStores) {
              expect(tenants.standard + tenants.ha).toBeLessThanOrEqual(maxTenants ?? Number.POSITIVE_INFINITY);
              expect(taken.connections).toBeLessThanOrEqual(maxConnections ?? Number.POSITIVE_INFINITY);
            }
          }
        }
      }),
    );
  });
});
