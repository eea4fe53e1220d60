import { describe, expect, it } from 'vitest';
import type { Cluster } from '../cluster/model.ts';
import type { ObservedCluster } from '../cluster/observed.ts';
import { planCluster } from '../cluster/plan.ts';
import { absent, present, seen } from '../shared/looked.ts';
import { complete as awake, desired, encryption, machine, now } from '../testing/cluster.ts';
import type { Restore } from './model.ts';

const restoring = (change: Partial<Restore> = {}, more: Partial<Cluster> = {}): Cluster =>
  desired({
    restore: { backupId: 'b-1', allowed: false, error: null, ...change },
    status: { ...desired().status, phase: 'ready' },
    ...more,
  });
/** The keys that the backup may need are there already. */
const complete: ObservedCluster = { ...awake, encryption: { ...encryption, stale: true } };
const plane = seen(complete.controlPlane);
if (plane === undefined) throw new Error('the fixture has a control plane');
const stopped: ObservedCluster = {
  ...complete,
  controlPlane: present({ ...plane, replicas: 0, readyReplicas: 0, pods: [] }),
  tenant: absent,
};
const plan = (observed: ObservedCluster, cluster: Cluster) => planCluster(cluster, observed, now);
const types = (observed: ObservedCluster, cluster: Cluster) => plan(observed, cluster).actions.map(({ type }) => type);

describe('a cluster whose data are to be replaced', () => {
  it('is given the keys that the backup may need before it begins', () => {
    expect(types({ ...stopped, encryption }, restoring())).toEqual(['stepEncryption', 'allowRestore']);
  });

  it('has its control plane stopped first, and keeps its workers', () => {
    const outdated = { ...complete, applied: { ...complete.applied, cluster: 'outdated' as const } };
    expect(types(outdated, restoring())).toEqual(['applyManifests']);
    expect(plan(outdated, restoring())).toMatchObject({
      phase: 'restoring',
      converged: false,
      pools: [{ desired: 2 }],
    });
    expect(types(complete, restoring()), 'replicas still run').toEqual([]);
  });

  it('lets the restore begin once nothing runs, and waits for it', () => {
    expect(types(stopped, restoring())).toEqual(['allowRestore']);
    const waiting = plan(stopped, restoring({ allowed: true }));
    expect(waiting).toMatchObject({ phase: 'restoring', converged: false, actions: [], blockedBy: null });
    expect(waiting.progress.find(({ name }) => name === 'control-plane')?.message).toContain('b-1');
  });

  it('says why it failed, without doing anything else about it', () => {
    const failed = plan(stopped, restoring({ allowed: true, error: 'the disk is full' }));
    expect(failed.blockedBy).toMatchObject({ reason: 'RestoreFailed', actor: 'provider' });
    expect(failed.blockedBy?.message).toContain('the disk is full');
    expect(failed.actions).toEqual([]);
  });

  it('neither repairs nor recycles while nobody knows what a worker is worth', () => {
    const ill = { ...machine('a', false), readySince: new Date(0), server: 'SHUTOFF' };
    const cluster = restoring({ allowed: true }, { recycling: ['b'] });
    expect(types({ ...stopped, machines: [ill, machine('b')] }, cluster)).toEqual([]);
  });

  it('may sleep meanwhile, and stays asleep afterwards', () => {
    const asleep = { ...stopped, machines: [] };
    const hibernation = { hibernated: true, schedules: [] };
    expect(types(asleep, restoring({}, { hibernation }))).toEqual(['allowRestore']);
    expect(plan(asleep, restoring({ allowed: true }, { hibernation }))).toMatchObject({
      phase: 'restoring',
      converged: false,
    });
    const after = desired({ hibernation, status: { ...desired().status, phase: 'restoring' } });
    expect(plan(asleep, after)).toMatchObject({ phase: 'hibernated', converged: true });
  });

  it('has its control plane started before what the backup brought is stored again', () => {
    const after = desired({ awaitedSince: now, status: { ...desired().status, phase: 'restoring' } });
    const outdated = { ...stopped, applied: { ...stopped.applied, cluster: 'outdated' as const } };
    expect(types(outdated, after)).toEqual(['applyManifests']);
    expect(types(complete, after)).toEqual(['stepEncryption']);
  });

  it('is restoring until all is as it should be', () => {
    const after = desired({ awaitedSince: now, status: { ...desired().status, phase: 'restoring' } });
    expect(plan(stopped, after)).toMatchObject({ phase: 'restoring', converged: false, blockedBy: null });
    expect(plan(complete, after).converged, 'before what it brought is stored with the key of now').toBe(false);
    expect(plan(awake, after)).toMatchObject({ phase: 'ready', converged: true });
  });
});
