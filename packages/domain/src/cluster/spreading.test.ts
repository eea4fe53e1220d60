import { describe, expect, it } from 'vitest';
import { present, seen } from '../shared/looked.ts';
import { complete, desired, now } from '../testing/cluster.ts';
import type { ObservedControlPlane } from './observed.ts';
import { planCluster } from './plan.ts';

const plane = seen(complete.controlPlane);
if (plane === undefined) throw new Error('the fixture has a control plane');
const minutesAgo = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
const moves = (change: Partial<ObservedControlPlane>, wish = desired()) =>
  planCluster(wish, { ...complete, controlPlane: present({ ...plane, ...change }) }, now).actions.filter(
    ({ type }) => type === 'moveReplica',
  );

describe('replicas that are all on one node', () => {
  const crowded = { pod: 'b', since: minutesAgo(6) };

  it('are brought apart, one of them, when another node has room', () => {
    expect(moves({ crowded })).toEqual([{ type: 'moveReplica', pod: 'b' }]);
    expect(moves({ crowded: null })).toEqual([]);
  });

  it('are left alone until what brought them there is over', () => {
    expect(moves({ crowded: { pod: 'b', since: minutesAgo(4) } })).toEqual([]);
    expect(moves({ crowded, readyReplicas: 1 })).toEqual([]);
    expect(moves({ crowded, rolledOut: false })).toEqual([]);
  });

  it('are left alone while something else replaces or stops them', () => {
    const rotation = { phase: 'preparing', since: now } as never;
    expect(moves({ crowded }, desired({ rotation }))).toEqual([]);
    expect(moves({ crowded }, desired({ tier: 'standard' }))).toEqual([]);
    expect(moves({ crowded }, desired({ restore: { backupId: 'b', allowed: true, error: null } }))).toEqual([]);
  });
});
