import { describe, expect, it } from 'vitest';
import type { Cluster } from '../cluster/model.ts';
import type { ObservedCluster } from '../cluster/observed.ts';
import { planCluster } from '../cluster/plan.ts';
import { absent, present, seen, unknown } from '../shared/looked.ts';
import { complete, desired, machine, now } from '../testing/cluster.ts';

const sleeper = (change: Partial<Cluster> = {}): Cluster =>
  desired({
    hibernation: { hibernated: true, schedules: [] },
    status: { ...desired().status, phase: 'ready' },
    ...change,
  });
const plane = seen(complete.controlPlane);
if (plane === undefined) throw new Error('the fixture has a control plane');
const withReplicas = (replicas: number, readyReplicas: number): ObservedCluster['controlPlane'] =>
  present({ ...plane, replicas, readyReplicas, pods: readyReplicas === 0 ? [] : plane.pods });
const noWorkers: ObservedCluster = { ...complete, machines: [] };
const asleep: ObservedCluster = { ...noWorkers, controlPlane: withReplicas(0, 0), tenant: absent };
const plan = (observed: ObservedCluster, cluster = sleeper()) => planCluster(cluster, observed, now);
const types = (observed: ObservedCluster, cluster = sleeper()) =>
  plan(observed, cluster).actions.map(({ type }) => type);
const condition = (observed: ObservedCluster, type: string) =>
  plan(observed).conditions.find((candidate) => candidate.type === type);

describe('a cluster that shall sleep', () => {
  it('loses its workers first, while its control plane still knows how to empty them', () => {
    const found = plan({ ...complete, machines: [machine('a'), { ...machine('b'), deleting: true }] });
    expect(found).toMatchObject({ phase: 'hibernating', converged: false, blockedBy: null });
    expect(found.pools).toMatchObject([{ desired: 0, machines: 2 }]);
    expect(found.progress.find(({ name }) => name === 'control-plane')?.message).toBe('stops when no worker is left');
    expect(found.progress.find(({ name }) => name === 'workers')?.message).toBe('2 workers to go');
  });

  it('does not repair, recycle, replace or scale what goes', () => {
    const failure = { reason: 'ServerFailed', message: 'x', actor: 'provider' } as const;
    const ill = { ...machine('a', false), joined: false, createdAt: new Date(0), failure };
    const pools = desired().pools.map((pool) => ({
      ...pool,
      autoscaling: { min: 1, max: 5, priority: 0, scaleDownAfterSeconds: 60, scaleDownBelowPercent: 50 },
    }));
    const cluster = sleeper({ recycling: ['b'], pools });
    expect(types({ ...complete, machines: [ill, machine('b')] }, cluster)).toEqual([]);
    expect(plan({ ...complete, machines: [ill, machine('b')] }, cluster).blockedBy).toBeNull();
  });

  it('has its control plane and what runs beside it stopped once no worker is left', () => {
    const outdated = { cluster: 'outdated', 'cloud-controller': 'outdated', 'volume-controller': 'outdated' } as const;
    const observed = { ...noWorkers, applied: { ...complete.applied, ...outdated } };
    expect(types(observed)).toEqual(['applyManifests', 'applyManifests', 'applyManifests']);
    expect(plan(observed).phase).toBe('hibernating');
    // Its replicas are still ending.
    expect(plan({ ...noWorkers, controlPlane: withReplicas(0, 1) })).toMatchObject({ converged: false });
  });

  it('sleeps when nothing runs any more, and says so', () => {
    expect(plan(asleep)).toMatchObject({ phase: 'hibernated', converged: true, actions: [], blockedBy: null });
    expect(condition(asleep, 'Ready')).toMatchObject({ status: 'False', reason: 'Hibernated' });
    for (const type of ['ControlPlaneReady', 'WorkersReady', 'AddonsReady'])
      expect(condition(asleep, type)).toMatchObject({ status: 'False', reason: 'Hibernated' });
    expect(plan(asleep).conditions.every(({ actor }) => actor === undefined)).toBe(true);
  });

  it('is neither woken nor stopped by not being looked at', () => {
    const blind = { ...complete, machines: [], pools: [], poolsKnown: false };
    expect(plan({ ...blind, controlPlane: withReplicas(2, 2) }).progress[2]?.message).toBe(
      'stops when no worker is left',
    );
    expect(plan({ ...blind, controlPlane: withReplicas(0, 0), tenant: absent })).toMatchObject({
      phase: 'hibernating',
    });
    expect(types({ ...asleep, controlPlane: unknown('gone') })).toEqual([]);
  });
});

describe('a cluster that wakes', () => {
  const woken = (phase: Cluster['status']['phase']): Cluster =>
    desired({ awaitedSince: now, status: { ...desired().status, phase } });

  it('says so until it is as it was', () => {
    expect(plan(asleep, woken('hibernated'))).toMatchObject({ phase: 'waking', converged: false, blockedBy: null });
    expect(plan(asleep, woken('waking'))).toMatchObject({ phase: 'waking', pools: [{ desired: 2 }] });
    expect(plan(complete, woken('waking'))).toMatchObject({ phase: 'ready', converged: true });
  });

  it('may be turned round before it slept', () => {
    expect(plan({ ...complete, machines: [machine('a')] }, woken('hibernating'))).toMatchObject({ phase: 'waking' });
  });
});
