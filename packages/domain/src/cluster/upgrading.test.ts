import { describe, expect, it } from 'vitest';
import { present, unknown } from '../shared/looked.ts';
import { complete, desired, now, quiet, tenant } from '../testing/cluster.ts';
import { newClusterStatus } from './model.ts';
import type { ObservedCluster } from './observed.ts';
import { planCluster } from './plan.ts';

const from = 'v1.35.4';
const to = 'v1.36.3';
const plane = (version: string | null, readyReplicas = 2) =>
  present({ endpoint: 'https://172.29.0.9:6443', initialized: true, replicas: 2, readyReplicas, version, ...quiet });
const [pool] = complete.pools;
if (pool === undefined) throw new Error('no pool');
/** Everything is on the old version; what is wanted is new. */
const before: ObservedCluster = {
  ...complete,
  applied: { ...complete.applied, cluster: 'outdated' },
  controlPlane: plane(from),
  pools: [{ ...pool, applied: 'outdated', kubernetesVersion: from }],
  tenant: present({ ...tenant, addons: 'outdated', addonsReady: false }),
};
const planned = (observed: ObservedCluster, cluster = desired()) => planCluster(cluster, observed, now);
const actions = (observed: ObservedCluster, cluster = desired()): readonly string[] =>
  planned(observed, cluster).actions.map((action) =>
    [action.type, 'group' in action ? action.group : 'pool' in action ? action.pool : ''].join(' ').trim(),
  );

describe('an upgrade of control plane and pool at once', () => {
  it('begins with the control plane alone', () => {
    expect(actions(before)).toEqual(['applyManifests cluster']);
  });

  it('waits for the backup before it, and for nothing else', () => {
    const waiting = desired({ awaitsBackup: true });
    expect(actions(before, waiting)).toEqual([]);
    expect(planned(before, waiting).progress.find(({ name }) => name === 'control-plane')?.message).toMatch(
      /^backed up first/,
    );
    // What is not an upgrade is not held by a backup that somebody forgot.
    expect(actions({ ...before, controlPlane: plane(to) }, waiting)).toContain('applyManifests cluster');
  });

  it('holds pools and kube-proxy until no replica of the old version is left', () => {
    const rolling = { ...before, applied: complete.applied, controlPlane: plane(from, 1) };
    expect(actions(rolling)).toEqual([]);
    const { converged, progress } = planned(rolling);
    expect(converged).toBe(false);
    expect(progress.find(({ name }) => name === 'control-plane')?.message).toBe(
      `1/2 replicas ready, from ${from} to ${to}`,
    );
    expect(progress.find(({ name }) => name === 'workers')?.message).toBe(
      '2/2 workers ready; workers after the control plane, which comes first',
    );
    const done = { ...rolling, controlPlane: plane(to) };
    expect(actions(done)).toEqual(['applyPool workers', 'applyTenantAddons']);
  });

  it('holds them too while the control plane cannot be looked at', () => {
    const blind: ObservedCluster = { ...before, applied: complete.applied, controlPlane: unknown('no answer') };
    const known = desired({ status: { ...newClusterStatus, kubernetesVersion: from } });
    expect(actions(blind, known)).toEqual([]);
  });

  it('goes on with a pool that is past it, e.g. to scale it', () => {
    const rolling = { ...before, pools: [{ ...pool, applied: 'outdated' as const }] };
    expect(actions(rolling)).toContain('applyPool workers');
  });

  it('tells how many workers are still to be replaced', () => {
    const rolling: ObservedCluster = { ...complete, pools: [{ ...pool, outdatedMachines: 2 }] };
    expect(planned(rolling).converged).toBe(false);
    expect(planned(rolling).progress.find(({ name }) => name === 'workers')?.message).toBe(
      '2/2 workers ready, 2 to be replaced',
    );
  });
});

it('a pool that is paused says so, and is not done', () => {
  const paused = desired({
    pools: desired().pools.map((one) => ({ ...one, rollout: { ...one.rollout, paused: true } })),
  });
  const half: ObservedCluster = { ...complete, pools: [{ ...pool, outdatedMachines: 1 }] };
  expect(planned(half, paused).converged).toBe(false);
  expect(planned(half, paused).progress.find(({ name }) => name === 'workers')?.message).toBe(
    '2/2 workers ready, 1 to be replaced (workers paused)',
  );
  // With nothing left to be replaced it is as good as any.
  expect(planned(complete, paused).converged).toBe(true);
});

describe('an upgrade of the control plane alone', () => {
  it('leaves a pool that stays behind alone, and is done with it', () => {
    const stays = desired({ pools: desired().pools.map((one) => ({ ...one, kubernetesVersion: from })) });
    const rolling: ObservedCluster = { ...before, pools: [{ ...pool, kubernetesVersion: from }] };
    expect(actions(rolling, stays)).toEqual(['applyManifests cluster']);
    const done: ObservedCluster = { ...complete, pools: [{ ...pool, kubernetesVersion: from }] };
    expect(planned(done, stays).converged).toBe(true);
  });

  it('does not keep a pool from being scaled meanwhile', () => {
    const stays = desired({ pools: desired().pools.map((one) => ({ ...one, kubernetesVersion: from, count: 5 })) });
    expect(actions({ ...before, applied: complete.applied }, stays)).toContain('applyPool workers');
  });
});
