import { describe, expect, it } from 'vitest';
import { absent, present, unknown } from '../shared/looked.ts';
import { complete, credential, desired, id, ledger, machine, nothing, now, quiet, tenant } from '../testing/cluster.ts';
import { defaultRollout, newClusterStatus, type Pool } from './model.ts';
import type { ObservedCluster } from './observed.ts';
import { planCluster } from './plan.ts';
import { surgeForRecycling } from './recycling.ts';

const words = (observed: ObservedCluster, cluster = desired(), at = now): string[] =>
  planCluster(cluster, observed, at).actions.map((action) => {
    const { type, ...rest } = action;
    return [type, ...Object.values(rest).map((v) => (typeof v === 'string' ? v : (v as { kind: string }).kind))].join(
      ' ',
    );
  });

describe('a cluster is made', () => {
  it('writes the ledger before anything is created, then applies all groups in one turn', () => {
    expect(words(nothing)).toEqual([
      'ensureLedger application-credential',
      'ensureLedger namespace',
      'ensureLedger cluster',
      'ensureLedger load-balancers',
      'ensureLedger volumes',
      'ensureLedger pool',
      `ensureApplicationCredential matryoshka-${id}`,
      'applyManifests namespace',
      'stepEncryption begin ',
      'applyManifests credentials',
      'applyManifests cluster',
      'applyPool workers',
    ]);
  });

  it('makes a credential anew whose secret was lost in a crash', () => {
    const observed = { ...complete, credential: present({ ...credential, secretStored: false }) };
    expect(words(observed)).toEqual([`ensureApplicationCredential matryoshka-${id}`]);
  });

  it('stores the kubeconfig and applies add-ons as soon as the API answers', () => {
    const observed: ObservedCluster = {
      ...complete,
      kubeconfig: 'absent',
      applied: { ...complete.applied, 'cloud-controller': 'absent', 'volume-controller': 'absent' },
      controlPlane: present({
        endpoint: 'https://172.29.0.9:6443',
        initialized: false,
        replicas: 2,
        readyReplicas: 1,
        version: 'v1.36.3',
        ...quiet,
      }),
      tenant: present({ ...tenant, addons: 'absent', addonsReady: false }),
      machines: [],
    };
    expect(words(observed)).toEqual([
      'storeKubeconfig',
      'applyManifests cloud-controller',
      'applyManifests volume-controller',
      'applyTenantAddons',
    ]);
  });

  it('tells the progress and is done only when everything is', () => {
    const half = planCluster(desired(), { ...complete, machines: [machine('m1'), machine('m2', false)] }, now);
    expect(half.converged).toBe(false);
    expect(half.phase).toBe('creating');
    expect(half.progress.map((phase) => `${phase.name} ${phase.state} ${phase.percent}`)).toEqual([
      'credentials done 100',
      'network done 100',
      'control-plane done 100',
      'workers running 50',
      'add-ons done 100',
      'ready pending 0',
    ]);
    const done = planCluster(desired(), complete, now);
    expect(done).toMatchObject({ converged: true, phase: 'ready', actions: [], endpoint: 'https://172.29.0.9:6443' });
  });
});

describe('a cluster lives', () => {
  const ready = desired({ observedGeneration: 1, status: { ...newClusterStatus, phase: 'ready' } });

  it('is degraded when the world changes, updating when its owner changes it', () => {
    const broken = { ...complete, machines: [machine('m1'), machine('m2', false)] };
    expect(planCluster(ready, broken, now).phase).toBe('degraded');
    expect(planCluster({ ...ready, generation: 2 }, broken, now).phase).toBe('updating');
  });

  it('does nothing because of what it could not see', () => {
    const blind: ObservedCluster = {
      ...complete,
      credential: unknown('Keystone does not answer'),
      applied: {
        namespace: 'unknown',
        credentials: 'unknown',
        cluster: 'unknown',
        'cloud-controller': 'unknown',
        'volume-controller': 'unknown',
      },
      infrastructure: unknown('x'),
      controlPlane: unknown('x'),
      tenant: unknown('x'),
      poolsKnown: false,
      pools: [],
      machines: [],
    };
    expect(words(blind, ready)).toEqual([]);
    const plan = planCluster(ready, blind, now);
    expect(plan.converged).toBe(false);
    expect(plan.conditions.find((condition) => condition.type === 'ControlPlaneReady')?.status).toBe('Unknown');
  });

  it('removes a pool and forgets it only after its machines are gone', () => {
    const without = { ...ready, pools: [], generation: 2 };
    expect(words(complete, without)).toEqual(['deletePool workers']);
    const going: ObservedCluster = { ...complete, pools: [], machines: [machine('m1')] };
    expect(words(going, without)).toEqual([]);
    expect(words({ ...going, machines: [] }, without)).toEqual(['removeLedger pool']);
  });

  it('frees the volumes of nodes that are gone', () => {
    const observed = { ...complete, tenant: present({ ...tenant, staleVolumeAttachments: ['csi-1', 'csi-2'] }) };
    expect(words(observed, ready)).toEqual(['deleteStaleVolumeAttachment csi-1', 'deleteStaleVolumeAttachment csi-2']);
  });

  it('replaces one failed machine and says why', () => {
    const failure = { reason: 'NoCapacity', message: 'No valid host was found', actor: 'provider' } as const;
    const failed = { ...machine('m2', false), joined: false, failure };
    const observed = { ...complete, machines: [machine('m1'), failed] };
    expect(words(observed, ready)).toEqual(['replaceMachine m2 No valid host was found']);
    expect(planCluster(ready, observed, now).blockedBy).toEqual(failure);
  });

  it('replaces a worker that somebody wants replaced once another one is there', () => {
    const wanted = { ...ready, recycling: ['m2', 'm7'] };
    expect(words(complete, wanted)).toEqual([]);
    expect(surgeForRecycling(wanted.pools[0] as Pool, wanted, complete.machines)).toBe(1);
    expect(planCluster(wanted, complete, now).converged, 'although nothing is to be done now').toBe(false);
    const coming = { ...complete, machines: [...complete.machines, machine('m3', false)] };
    expect(words(coming, wanted)).toEqual([]);
    expect(planCluster(wanted, coming, now).converged).toBe(false);
    const there = { ...complete, machines: [...complete.machines, machine('m3')] };
    expect(planCluster(wanted, there, now).actions).toEqual([{ type: 'markForRemoval', machines: ['m2'] }]);
    const marked = [machine('m1'), { ...machine('m2'), goesFirst: true }, machine('m3')];
    expect(words({ ...complete, machines: marked }, wanted)).toEqual([]);
    expect(surgeForRecycling(wanted.pools[0] as Pool, wanted, marked)).toBe(0);
  });

  it('deletes such a worker at once in a pool that may not surge, one at a time', () => {
    const rollout = { ...defaultRollout, maxSurge: 0, maxUnavailable: 1 };
    const pools = ready.pools.map((pool) => ({ ...pool, rollout }));
    const wanted = { ...ready, pools, recycling: ['m1', 'm2'] };
    expect(words(complete, wanted)).toEqual(['replaceMachine m1 somebody asked for it']);
    const going = { ...complete, machines: [{ ...machine('m1'), deleting: true }, machine('m2')] };
    expect(words(going, wanted)).toEqual([]);
    const ill = { ...complete, machines: [machine('m1', false), machine('m2')] };
    expect(words(ill, wanted)).toEqual(['replaceMachine m1 somebody asked for it']);
  });

  it('gives nodes what their pool has, and is not done before', () => {
    const observed = { ...complete, tenant: present({ ...tenant, unsettledNodes: ['m1'] }) };
    expect(words(observed, ready)).toEqual(['settleNode m1']);
    expect(planCluster(ready, observed, now).converged).toBe(false);
  });

  it('keeps the transition time of conditions that did not change', () => {
    const first = planCluster(ready, complete, now);
    const later = new Date(now.getTime() + 60_000);
    const second = planCluster(
      { ...ready, status: { ...ready.status, conditions: first.conditions } },
      complete,
      later,
    );
    expect(second.conditions).toEqual(first.conditions);
  });
});

describe('a cluster is deleted', () => {
  const deleting = desired({ generation: 2, deleteRequestedAt: now, status: { ...newClusterStatus, phase: 'ready' } });

  it('removes load balancers first, while the cloud controller still runs', () => {
    const observed: ObservedCluster = {
      ...complete,
      tenant: present({ ...tenant, loadBalancerServices: 1 }),
      leftoverLoadBalancers: present(1),
    };
    expect(words(observed, deleting)).toEqual(['deleteLoadBalancerServices']);
    const late = new Date(now.getTime() + 121_000);
    expect(words(observed, deleting, late)).toEqual(['deleteLoadBalancerServices', 'deleteLeftoverLoadBalancers']);
  });

  it('ends at once when the provider has ended it, whatever is there or cannot be read', () => {
    const forced = { ...deleting, forced: true };
    expect(words(complete, forced)).toEqual(['finishDeletion']);
    expect(words({ ...complete, infrastructure: unknown('away'), tenant: unknown('away') }, forced)).toEqual([
      'finishDeletion',
    ]);
    expect(words(complete, desired({ forced: true }))).not.toContain('finishDeletion');
  });

  it('takes volumes last of all, when their servers are gone, and only those that shall go', () => {
    const gone: ObservedCluster = {
      ...complete,
      applied: {
        namespace: 'current',
        credentials: 'current',
        cluster: 'absent',
        'cloud-controller': 'absent',
        'volume-controller': 'absent',
      },
      infrastructure: absent,
      controlPlane: absent,
      tenant: absent,
      pools: [],
      machines: [],
    };
    const ends = (leftoverVolumes: ObservedCluster['leftoverVolumes']) =>
      words({ ...gone, leftoverVolumes }, deleting).filter((word) => /olumes/.test(word));
    expect(words({ ...complete, leftoverVolumes: present(2) }, deleting)).not.toContain('deleteLeftoverVolumes');
    expect(ends(present(2))).toEqual(['deleteLeftoverVolumes']);
    expect(ends(unknown('Cinder is away'))).toEqual([]);
    expect(ends(present(0))).toEqual(['removeLedger volumes']);
    expect(ends(absent)).toEqual(['removeLedger volumes']);
  });

  it('waits while it does not know what load balancers are left', () => {
    expect(words({ ...complete, leftoverLoadBalancers: unknown('Octavia is away') }, deleting)).toEqual([]);
  });

  it('then the cluster, then namespace and credential, then the ledger', () => {
    expect(words(complete, deleting)).toEqual([
      'deleteManifests cloud-controller',
      'deleteManifests volume-controller',
      'deleteManifests cluster',
    ]);
    const going: ObservedCluster = {
      ...complete,
      applied: {
        ...complete.applied,
        cluster: 'deleting',
        'cloud-controller': 'absent',
        'volume-controller': 'absent',
      },
      tenant: unknown('connection refused'),
    };
    expect(words(going, deleting)).toEqual([]);
    const clusterGone: ObservedCluster = {
      ...going,
      applied: { ...going.applied, cluster: 'absent' },
      infrastructure: absent,
      controlPlane: absent,
      pools: [],
      machines: [],
      tenant: absent,
    };
    expect(words(clusterGone, deleting)).toEqual([
      'deleteManifests credentials',
      'deleteManifests namespace',
      'removeLedger cluster',
      'removeLedger load-balancers',
      'removeLedger volumes',
      'removeLedger pool',
    ]);
    const namespaceGone: ObservedCluster = {
      ...clusterGone,
      applied: { ...nothing.applied },
      ledger: ledger.slice(0, 2),
    };
    expect(words(namespaceGone, deleting)).toEqual([
      `deleteApplicationCredential matryoshka-${id}`,
      'removeLedger namespace',
    ]);
    const last: ObservedCluster = { ...namespaceGone, credential: absent, ledger: ledger.slice(0, 1) };
    expect(words(last, deleting)).toEqual(['removeLedger application-credential', 'finishDeletion']);
  });

  it('ends at once when nothing was ever made', () => {
    expect(words(nothing, deleting)).toEqual(['finishDeletion']);
  });
});
