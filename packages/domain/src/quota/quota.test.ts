import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClusterDemand, checkQuota, quotaStates, surgeViolations } from './check.ts';
import { clusterAmounts, workerAmounts } from './demand.ts';
import { addAmounts, type ProjectQuota } from './model.ts';

const flavors = [
  { name: 'small', vcpus: 1, ramMib: 1024 },
  { name: 'big', vcpus: 4, ramMib: 8192 },
];
const cluster = (
  id: string,
  ...pools: readonly (readonly [flavor: string, count: number, maxSurge?: number])[]
): ClusterDemand => ({
  id,
  deleting: false,
  pools: pools.map(([flavor, count, maxSurge = 1]) => ({ flavor, count, rollout: { maxSurge } })),
});
const limited = (limits: ProjectQuota['limits'], clusters: ProjectQuota['clusters'] = {}): ProjectQuota => ({
  limits,
  clusters,
});
const codes = (before: readonly ClusterDemand[], after: readonly ClusterDemand[], quota: ProjectQuota) =>
  checkQuota('/pools', { before, after }, quota, flavors).map(({ pointer, code }) => `${pointer} ${code}`);

describe('the quota of a project', () => {
  it('must hold the workers of a new cluster and one more of each pool for an upgrade', () => {
    const quota = limited({ instances: { limit: 5, used: 1 } });
    expect(codes([], [cluster('a', ['small', 3])], quota)).toEqual([]);
    expect(codes([], [cluster('a', ['small', 4])], quota)).toEqual(['/pools quota_instances']);
    expect(codes([], [cluster('a', ['small', 1], ['big', 1])], quota)).toEqual([]);
    expect(codes([], [cluster('a', ['small', 2], ['big', 1])], quota)).toEqual(['/pools quota_instances']);
    expect(checkQuota('/pools', { before: [], after: [cluster('a', ['small', 4])] }, quota, flavors)[0]?.message).toBe(
      'needs 4 servers and 1 free for upgrades, 4 of 5 are left in this project',
    );
  });

  it('keeps room for one upgrade at a time, not for all at once', () => {
    const quota = limited({ cores: { limit: 12, used: 0 } });
    expect(codes([], [cluster('a', ['big', 1]), cluster('b', ['big', 1])], quota)).toEqual([]);
    expect(codes([], [cluster('a', ['big', 2]), cluster('b', ['big', 1])], quota)).toEqual(['/pools quota_cores']);
  });

  it('counts networks, routers and security groups of every cluster that has not taken them', () => {
    const quota = limited({ securityGroups: { limit: 5, used: 1 }, routers: { limit: -1, used: 9 } });
    expect(codes([], [cluster('a'), cluster('b')], quota)).toEqual([]);
    expect(codes([cluster('a')], [cluster('a'), cluster('b'), cluster('c')], quota)).toEqual([
      ' quota_security_groups',
    ]);
    const taken = limited({ securityGroups: { limit: 5, used: 3 } }, { a: { securityGroups: 2 } });
    expect(codes([cluster('a')], [cluster('a'), cluster('b')], taken)).toEqual([]);
  });

  it('is not violated by what was over it before, nor by what grows less', () => {
    const quota = limited({ instances: { limit: 2, used: 9 } });
    expect(codes([cluster('a', ['small', 3])], [cluster('a', ['small', 2])], quota)).toEqual([]);
    expect(codes([cluster('a', ['small', 3])], [cluster('a', ['small', 3])], quota)).toEqual([]);
    expect(codes([cluster('a', ['small', 3])], [cluster('a', ['small', 4])], quota)).toEqual([
      '/pools quota_instances',
    ]);
  });

  it('keeps as much room as a pool says that its workers are replaced with, and never for more than it has', () => {
    const quota = limited({ instances: { limit: 10, used: 0 } });
    expect(codes([], [cluster('a', ['small', 6, 4])], quota)).toEqual([]);
    expect(codes([], [cluster('a', ['small', 7, 4])], quota)).toEqual(['/pools quota_instances']);
    expect(codes([], [cluster('a', ['small', 5, 9])], quota)).toEqual([]);
    expect(codes([], [cluster('a', ['small', 10, 0])], quota)).toEqual([]);
  });

  it('tells before an upgrade whether there is room to replace workers', () => {
    const own = cluster('a', ['small', 3, 2]);
    const lack = (limit: number) =>
      surgeViolations('a', [own], limited({ instances: { limit, used: 3 } }, { a: { instances: 3 } }), flavors);
    expect(lack(5)).toEqual([]);
    expect(lack(-1)).toEqual([]);
    expect(lack(4).map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'quota_instances: needs 2 servers for a while, 1 of 4 are left in this project',
    ]);
  });

  it('forgets clusters that are being deleted, and what is not known', () => {
    const going = { ...cluster('a', ['small', 5]), deleting: true };
    expect(codes([going], [going, cluster('b', ['small', 1])], limited({ instances: { limit: 2, used: 0 } }))).toEqual(
      [],
    );
    expect(codes([], [cluster('a', ['big', 100])], limited({}))).toEqual([]);
  });

  it('is never exceeded, whenever the look at OpenStack falls into the making of machines', () => {
    const rollout = fc.record({ maxSurge: fc.nat(4) });
    const pool = fc.record({ flavor: fc.constantFrom('small', 'big'), count: fc.nat(6), rollout });
    const made = fc.record({
      pools: fc.array(pool, { maxLength: 3 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(made, { maxLength: 5 }),
        fc.nat(40),
        fc.array(pool, { maxLength: 3 }),
        (all, limit, pools) => {
          const clusters = all.map((one, index) => ({ id: `c${index}`, deleting: false, pools: one.pools }));
          // Of each cluster some part of its workers was there when OpenStack was looked at.
          const taken = all.map(({ pools: wanted, share }) =>
            workerAmounts(
              wanted.map(({ flavor, count }) => ({ flavor, count: Math.floor(count * share) })),
              flavors,
            ),
          );
          const used = addAmounts(...taken);
          const quota = limited(
            { instances: { limit, used: used.instances ?? 0 }, cores: { limit: limit * 2, used: used.cores ?? 0 } },
            Object.fromEntries(taken.map((amounts, index) => [`c${index}`, amounts])),
          );
          const after = [...clusters, { id: 'new', deleting: false, pools }];
          const whole = addAmounts(...after.map((one) => workerAmounts(one.pools, flavors)));
          const accepted = checkQuota('/pools', { before: clusters, after }, quota, flavors).length === 0;
          const adds = workerAmounts(pools, flavors);
          if (accepted && (adds.instances ?? 0) > 0) expect(whole.instances ?? 0).toBeLessThanOrEqual(limit);
          if (accepted && (adds.cores ?? 0) > 0) expect(whole.cores ?? 0).toBeLessThanOrEqual(limit * 2);
        },
      ),
    );
  });

  it('shows used, promised and reserved apart', () => {
    const quota = limited({ instances: { limit: 10, used: 3 } }, { a: { instances: 1 } });
    expect(quotaStates(quota, [cluster('a', ['small', 2]), cluster('b', ['small', 1])], flavors)).toEqual({
      instances: { limit: 10, used: 3, promised: 2, upgradeReserve: 1 },
    });
    expect(clusterAmounts.securityGroups).toBe(2);
  });
});
