import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultNetwork, defaultPoolSettings } from '../cluster/model.ts';
import { type Resource, resourceKinds } from '../resource/model.ts';
import { deletionItems } from './items.ts';
import { defaultDeletionSettings, validateDeletionSettings } from './settings.ts';

const cluster = {
  id: 'c-aaaaaaaaaa',
  name: 'demo',
  tier: 'ha',
  network: defaultNetwork,
  pools: [
    {
      name: 'w',
      flavor: 'm1.small',
      count: 3,
      labels: {},
      taints: [],
      kubernetesVersion: 'v1.36.3',
      ...defaultPoolSettings,
    },
  ],
} as const;

const resource = fc.record({
  clusterId: fc.constant('c-aaaaaaaaaa'),
  projectId: fc.constant('p'),
  kind: fc.constantFrom(...resourceKinds),
  id: fc.uuid(),
  name: fc.string({ maxLength: 8 }),
  status: fc.constant('ACTIVE'),
  usedBy: fc.option(fc.string()),
  address: fc.constant(null),
  sizeGib: fc.option(fc.nat(100)),
  createdAt: fc.constant(null),
}) satisfies fc.Arbitrary<Resource>;

describe('the items of a deletion', () => {
  it('name every resource once, keep data only when asked to, and do not depend on the order of what was seen', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(resource, { selector: ({ id }) => id }),
        fc.constantFrom('keep', 'delete'),
        (seen, volumes) => {
          const items = deletionItems(cluster, seen, volumes);
          for (const { kind, id } of seen) {
            const found = items.filter((item) => item.kind === kind && item.id === id);
            const isData = kind === 'volume' || kind === 'volume-snapshot';
            expect(found.map((item) => item.fate)).toEqual([isData && volumes === 'keep' ? 'kept' : 'deleted']);
          }
          expect(items).toHaveLength(seen.length + 5);
          expect(deletionItems(cluster, seen.toReversed(), volumes)).toEqual(items);
        },
      ),
    );
  });
});

describe('settings of the end of a cluster', () => {
  const now = new Date('2026-11-26T00:00:00Z');
  const codes = (input: unknown, current = defaultDeletionSettings): readonly string[] =>
    validateDeletionSettings(input, current, now).map(({ pointer, code }) => `${pointer} ${code}`);

  it('refuse what cannot be', () => {
    expect(codes(undefined)).toEqual([]);
    expect(codes({ protection: true, gracePeriodSeconds: 86_400 })).toEqual([]);
    expect(codes({ expiresAt: '2026-12-01T00:00:00Z' })).toEqual([]);
    expect(codes({ gracePeriodSeconds: 2_592_001 })).toEqual(['/deletion/gracePeriodSeconds invalid_grace_period']);
    expect(codes({ gracePeriodSeconds: 1.5 })).toEqual(['/deletion/gracePeriodSeconds invalid_grace_period']);
    expect(codes({ expiresAt: '2026-11-25T00:00:00Z' })).toEqual(['/deletion/expiresAt expiry_in_the_past']);
    expect(codes({ expiresAt: 'tomorrow' })).toEqual(['/deletion/expiresAt invalid_time']);
    expect(codes({ expiresAt: '1' })).toEqual(['/deletion/expiresAt invalid_time']);
  });

  it('do not let a protected cluster expire, whichever comes second', () => {
    const expiring = { ...defaultDeletionSettings, expiresAt: new Date('2027-01-01T00:00:00Z') };
    const isProtected = { ...defaultDeletionSettings, protection: true };
    expect(codes({ protection: true }, expiring)).toEqual(['/deletion/protection protected_and_expiring']);
    expect(codes({ expiresAt: '2027-01-01T00:00:00Z' }, isProtected)).toEqual([
      '/deletion/expiresAt protected_and_expiring',
    ]);
    expect(codes({ protection: true, expiresAt: null }, expiring)).toEqual([]);
    expect(codes({ protection: false, expiresAt: '2027-01-01T00:00:00Z' }, isProtected)).toEqual([]);
  });
});
