import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCidr, overlaps, parseCidr } from '../validation/cidr.ts';
import { defaultPoolSettings } from './model.ts';
import {
  defaultLimits,
  validateClusterChange,
  validateNewCluster,
  validateNewPool,
  validatePoolChange,
} from './policy.ts';

const catalogue = {
  versions: [
    { version: 'v1.36.3', state: 'offered', hasImage: true },
    { version: 'v1.35.4', state: 'offered', hasImage: false },
    { version: 'v1.30.0', state: 'withdrawn', hasImage: true },
  ],
  flavors: ['m1.small', 'm1.medium'],
} as const;
const good = {
  name: 'demo',
  kubernetesVersion: 'v1.36.3',
  tier: 'ha',
  pools: [{ name: 'workers', flavor: 'm1.medium', count: 2, labels: { team: 'a' }, taints: [] }],
};
const workers = {
  name: 'workers',
  flavor: 'm1.medium',
  count: 2,
  labels: {},
  taints: [],
  kubernetesVersion: 'v1.36.3',
  ...defaultPoolSettings,
};
const cluster = { kubernetesVersion: 'v1.36.3', pools: [workers], status: { kubernetesVersion: 'v1.36.3' } };
const rules = { catalogue, limits: defaultLimits, controlPlane: 'v1.36.3' };
const codes = (change: object) =>
  validateNewCluster({ ...good, ...change }, catalogue, defaultLimits).map((v) => `${v.pointer} ${v.code}`);
const pool = (change: object) => ({ pools: [{ ...good.pools[0], ...change }] });

describe('a new cluster', () => {
  it('passes when all is well', () => expect(codes({})).toEqual([]));

  it.each([
    [{ name: 'Demo_1' }, '/name invalid_name'],
    [{ name: '1st' }, '/name invalid_name'],
    [{ name: 'x'.repeat(41) }, '/name name_too_long'],
    [{ kubernetesVersion: '1.36.3' }, '/kubernetesVersion unknown_version'],
    [{ kubernetesVersion: 'v1.35.4' }, '/kubernetesVersion version_without_image'],
    [{ kubernetesVersion: 'v1.30.0' }, '/kubernetesVersion version_withdrawn'],
    [{ tier: 'hq' }, '/tier unknown_tier'],
    [pool({ count: -1 }), '/pools/0/count invalid_count'],
    [pool({ count: 1.5 }), '/pools/0/count invalid_count'],
    [pool({ count: 51 }), '/pools too_many_nodes'],
    [pool({ flavor: 'm1.medum' }), '/pools/0/flavor unknown_flavor'],
    [pool({ name: 'x'.repeat(21) }), '/pools/0/name name_too_long'],
    [pool({ labels: { 'kubernetes.io/hostname': 'x' } }), '/pools/0/labels/kubernetes.io~1hostname reserved_key'],
    [pool({ labels: { 'bad key': 'x' } }), '/pools/0/labels/bad key invalid_key'],
    [pool({ labels: { ok: 'no spaces' } }), '/pools/0/labels/ok invalid_value'],
    [pool({ taints: [{ key: 'a', effect: 'NoSchedul' }] }), '/pools/0/taints/0/effect unknown_effect'],
    [{ network: { nodeCidr: '10.6.0.0' } }, '/network/nodeCidr invalid_cidr'],
    [{ network: { nodeCidr: '10.6.0.1/20' } }, '/network/nodeCidr cidr_not_canonical'],
    [{ network: { nodeCidr: '8.8.0.0/20' } }, '/network/nodeCidr cidr_not_private'],
    [{ network: { nodeCidr: '10.6.0.0/28' } }, '/network/nodeCidr cidr_too_small'],
    [{ network: { nodeCidr: '172.29.0.0/20' } }, '/network/nodeCidr cidr_reserved'],
    [{ network: { podCidr: '10.6.0.0/16' } }, '/network/podCidr cidr_overlap'],
  ])('refuses %j', (change, expected) => {
    expect(codes(change)).toContain(expected);
  });

  it('collects every mistake', () => {
    const found = codes({ name: '-', tier: 'hq', ...pool({ count: -1, flavor: 'x' }) });
    expect(found.length).toBe(4);
  });

  it('suggests what was meant', () => {
    const bad = { ...good, name: 'My Cluster', tier: 'Standart', kubernetesVersion: '1.36.3' };
    const found = validateNewCluster(bad, catalogue, defaultLimits).map((v) => v.suggestion);
    expect(found).toEqual(['my-cluster', 'v1.36.3', 'standard']);
  });

  it('allows the reserved names a kubelet may set itself', () => {
    expect(codes(pool({ labels: { 'node.kubernetes.io/pool': 'a', 'node-role.kubernetes.io/worker': '' } }))).toEqual(
      [],
    );
  });

  it('never throws, whatever it is given', () => {
    const key = fc.constantFrom(
      'name',
      'kubernetesVersion',
      'tier',
      'network',
      'pools',
      'labels',
      'taints',
      'count',
      'rollout',
    );
    const tree = fc.anything({ key: fc.oneof(key, fc.string()), maxDepth: 4, withNullPrototype: true });
    fc.assert(
      fc.property(fc.oneof(tree, fc.dictionary(key, tree)), (input) => {
        for (const list of [
          validateNewCluster(input, catalogue, defaultLimits),
          validateClusterChange(input, cluster, catalogue),
          validateNewPool(input, [], rules),
          validatePoolChange(input, workers, [], rules),
        ])
          for (const violation of list) expect(violation.code).toMatch(/^[a-z_]+$/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('ranges', () => {
  it('print as they were read, and overlap both ways or not at all', () => {
    const cidr = fc.tuple(fc.nat(2 ** 32 - 1), fc.integer({ min: 1, max: 32 })).map(([address, prefix]) => {
      const size = 2 ** (32 - prefix);
      return { base: Math.floor(address / size) * size, prefix };
    });
    fc.assert(
      fc.property(cidr, cidr, (a, b) => {
        expect(parseCidr(formatCidr(a))).toEqual(a);
        expect(overlaps(a, b)).toBe(overlaps(b, a));
        expect(overlaps(a, a)).toBe(true);
      }),
    );
  });
});
