import { describe, expect, it } from 'vitest';
import { complete, desired, now } from '../testing/cluster.ts';
import type { StoreStatus } from './model.ts';
import { planCluster } from './plan.ts';

const store: StoreStatus = {
  ...{ bytes: 9e9, usedBytes: 5 * 2 ** 30, quotaBytes: 4 * 2 ** 30, frozen: true },
  ...{ rows: 1, revision: 1, compactedRevision: 1, measuredAt: now.toISOString() },
};
const judged = (of: StoreStatus | null) => {
  const { conditions, converged } = planCluster(desired({ status: { ...desired().status, store: of } }), complete, now);
  return [conditions.find(({ type }) => type === 'StoreWithinQuota'), converged] as const;
};

describe('a cluster that stores more than it may', () => {
  it('says so, and who can do something about it; nothing else of it is not as it should be', () => {
    const [condition, converged] = judged(store);
    expect(condition).toMatchObject({ status: 'False', reason: 'StoreQuotaExceeded', actor: 'user' });
    expect(condition?.message).toContain('5120 of 4096 MiB');
    expect(converged).toBe(true);
  });

  it('says nothing while it may store more, or nobody has looked', () => {
    expect(judged({ ...store, frozen: false })[0]).toMatchObject({ status: 'True' });
    expect(judged(null)[0]).toBeUndefined();
  });
});
