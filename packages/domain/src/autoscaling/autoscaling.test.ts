import { describe, expect, it } from 'vitest';
import type { Autoscaling, Cluster, Pool } from '../cluster/model.ts';
import type { ObservedCluster, ObservedMachine } from '../cluster/observed.ts';
import { planCluster } from '../cluster/plan.ts';
import { present } from '../shared/looked.ts';
import { complete, desired, machine, now, tenant } from '../testing/cluster.ts';
import { binOf, fits } from './fit.ts';
import { planGrowth } from './grow.ts';
import type { AutoscalerMemory, NodeRoom, ObservedLoad, ScheduledPod } from './model.ts';
import { planAutoscaling } from './plan.ts';
import { findUnneeded } from './shrink.ts';

const gib = 2 ** 30;
const ago = (seconds: number): string => new Date(now.getTime() - seconds * 1_000).toISOString();
const allocatable = { cpuMillis: 2_000, memoryBytes: 4 * gib, pods: 10 };

const room = (name: string, more: Partial<NodeRoom> = {}): NodeRoom => ({
  ...{ name, pool: 'workers', allocatable, labels: { kind: 'plain' }, taints: [], open: true, keep: false },
  ...more,
});
const fresh = (pool: string, more: Partial<NodeRoom> = {}): Omit<NodeRoom, 'name'> => room('', { pool, ...more });
let pods = 0;
const pod = (cpuMillis: number, more: Partial<ScheduledPod> = {}): ScheduledPod => ({
  ...{ namespace: 'shop', name: `p-${pods++}`, node: null, unschedulable: more.node === undefined, labels: {} },
  needs: { cpuMillis, memoryBytes: gib / 8, pods: 1 },
  ...{ nodeSelector: {}, nodeTerms: [], tolerations: [], rejects: [], everywhere: false, pinned: null },
  ...more,
});
const load = (more: Partial<ObservedLoad>): ObservedLoad => ({
  ...{ nodes: [], pods: [], fresh: { workers: fresh('workers') }, memory: {} },
  ...more,
});
const bounds = (min: number, max: number, more: Partial<Autoscaling> = {}): Autoscaling => ({
  ...{ min, max, priority: 0, scaleDownAfterSeconds: 600, scaleDownBelowPercent: 50 },
  ...more,
});
const pool = (count: number, autoscaling: Autoscaling | null, more: Partial<Pool> = {}): Pool => ({
  ...(desired().pools[0] as Pool),
  ...{ count, autoscaling },
  ...more,
});

describe('a pod fits on a node', () => {
  const on = (waiting: ScheduledPod, node: Partial<NodeRoom> = {}, there: readonly ScheduledPod[] = []): boolean =>
    fits(binOf(room('n', node), there), waiting);
  const taints = [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }];
  const tolerates = (key: string, operator: 'Exists' | 'Equal', value: string, effect: string) => ({
    tolerations: [{ key, operator, value, effect }],
  });
  const web = {
    labels: { app: 'web' },
    rejects: [{ namespaces: ['shop'], requirements: [{ key: 'app', operator: 'In', values: ['web'] }] }],
  } as const;

  it.each([
    [true, 'when there is room', on(pod(2_000))],
    [false, 'not beyond its processors', on(pod(1_500), {}, [pod(600)])],
    [false, 'not beyond its memory', on(pod(1, { needs: { cpuMillis: 1, memoryBytes: 5 * gib, pods: 1 } }))],
    [
      false,
      'not beyond its number of pods',
      on(
        pod(1),
        {},
        Array.from({ length: 10 }, () => pod(1)),
      ),
    ],
    [true, 'with the label of its selector', on(pod(1, { nodeSelector: { kind: 'plain' } }))],
    [false, 'not without it', on(pod(1, { nodeSelector: { kind: 'gpu' } }))],
    [
      true,
      'when one of its terms holds',
      on(
        pod(1, {
          nodeTerms: [
            [{ key: 'kind', operator: 'In', values: ['x'] }],
            [{ key: 'kind', operator: 'Exists', values: [] }],
          ],
        }),
      ),
    ],
    [
      false,
      'not when none of its terms does',
      on(pod(1, { nodeTerms: [[{ key: 'kind', operator: 'NotIn', values: ['plain'] }]] })),
    ],
    [false, 'not on a taint that it does not tolerate', on(pod(1), { taints })],
    [true, 'on one that only prefers', on(pod(1), { taints: [{ key: 'a', value: '', effect: 'PreferNoSchedule' }] })],
    [true, 'on one that it tolerates', on(pod(1, tolerates('gpu', 'Equal', 'yes', 'NoSchedule')), { taints })],
    [true, 'on any when it tolerates all', on(pod(1, tolerates('', 'Exists', '', '')), { taints })],
    [false, 'not on one of another value', on(pod(1, tolerates('gpu', 'Equal', 'no', '')), { taints })],
    [false, 'not beside one that it rejects', on(pod(1, web), {}, [pod(1, { labels: web.labels })])],
    [false, 'not beside one that rejects it', on(pod(1, { labels: web.labels }), {}, [pod(1, web)])],
    [
      true,
      'beside one of another namespace',
      on(pod(1, web), {}, [pod(1, { labels: web.labels, namespace: 'other' })]),
    ],
  ])('%s: %s', (expected, _, found) => expect(found).toBe(expected));
});

describe('pools grow', () => {
  const growth = (pools: readonly Pool[], of: Partial<ObservedLoad>, coming: Record<string, number> = {}) =>
    planGrowth(pools, load(of), coming).map(({ pool: name, by }) => [name, by]);

  it('by as many workers as the waiting pods need, within the bounds', () => {
    const waiting = [pod(1_500), pod(1_500), pod(400), pod(400)];
    expect(growth([pool(1, bounds(0, 5))], { pods: waiting })).toEqual([['workers', 2]]);
    expect(growth([pool(1, bounds(0, 2))], { pods: waiting })).toEqual([['workers', 1]]);
    expect(growth([pool(1, null)], { pods: waiting })).toEqual([]);
    expect(growth([pool(0, bounds(0, 5))], { pods: waiting })).toEqual([['workers', 2]]);
  });

  it('not for pods that fit on what is there or on its way, nor for what no worker could carry', () => {
    expect(growth([pool(1, bounds(0, 5))], { pods: [pod(1_500)], nodes: [room('n')] })).toEqual([]);
    expect(growth([pool(1, bounds(0, 5))], { pods: [pod(1_500)] }, { workers: 1 })).toEqual([]);
    expect(growth([pool(1, bounds(0, 5))], { pods: [pod(1_500), pod(1_500)] }, { workers: 1 })).toEqual([
      ['workers', 1],
    ]);
    expect(growth([pool(1, bounds(0, 5))], { pods: [pod(2_500)] })).toEqual([]);
    const daemon = pod(1_500, { everywhere: true });
    expect(growth([pool(1, bounds(0, 5))], { pods: [daemon] })).toEqual([]);
    expect(growth([pool(1, bounds(0, 5))], { pods: [pod(100, { unschedulable: false })] })).toEqual([]);
    expect(growth([pool(1, bounds(0, 5))], { pods: [pod(1)], fresh: {} })).toEqual([]);
    // A node that is closed is no room.
    expect(growth([pool(1, bounds(0, 5))], { pods: [pod(1)], nodes: [room('n', { open: false })] })).toEqual([
      ['workers', 1],
    ]);
  });

  it('where the priority is highest, then where least is wasted, and elsewhere for what does not fit there', () => {
    const large = pool(0, bounds(0, 5), { name: 'large' });
    const gpu = { taints: [{ key: 'gpu', value: '', effect: 'NoSchedule' }] };
    const of = {
      fresh: {
        workers: fresh('workers'),
        large: fresh('large', { allocatable: { cpuMillis: 8_000, memoryBytes: 16 * gib, pods: 50 } }),
      },
    };
    expect(growth([large, pool(0, bounds(0, 5))], { ...of, pods: [pod(1_000)] })).toEqual([['workers', 1]]);
    expect(
      growth([{ ...large, autoscaling: bounds(0, 5, { priority: 7 }) }, pool(0, bounds(0, 5))], {
        ...of,
        pods: [pod(1_000)],
      }),
    ).toEqual([['large', 1]]);
    expect(growth([large, pool(0, bounds(0, 5))], { ...of, pods: [pod(1_000), pod(6_000)] })).toEqual([['large', 1]]);
    expect(
      growth([large, pool(0, bounds(0, 1))], {
        fresh: { ...of.fresh, large: fresh('large', gpu) },
        pods: [pod(1_900), pod(1_900)],
      }),
    ).toEqual([['workers', 1]]);
  });

  it('by one for each of pods that share no node', () => {
    const apart = {
      labels: { app: 'web' },
      rejects: [{ namespaces: ['shop'], requirements: [{ key: 'app', operator: 'In', values: ['web'] }] }],
    } as const;
    expect(growth([pool(0, bounds(0, 5))], { pods: [pod(1, apart), pod(1, apart), pod(1, apart)] })).toEqual([
      ['workers', 3],
    ]);
  });
});

describe('a node is not needed', () => {
  const found = (pools: readonly Pool[], of: Partial<ObservedLoad>) =>
    findUnneeded(pools, load(of)).map(({ node }) => node);
  const three = [room('a'), room('b'), room('c')];
  const scaled = pool(3, bounds(1, 5));

  it('when it is hardly used and its pods fit elsewhere, down to the fewest', () => {
    expect(found([scaled], { nodes: three })).toEqual(['a', 'b']);
    expect(found([scaled], { nodes: three, pods: [pod(500, { node: 'a' }), pod(900, { node: 'c' })] })).toEqual([
      'b',
      'a',
    ]);
    expect(found([pool(3, null)], { nodes: three })).toEqual([]);
    expect(found([pool(3, bounds(3, 5))], { nodes: three })).toEqual([]);
  });

  it('only so far as the pods of all that go would fit on those that stay', () => {
    const half = ['a', 'b', 'c'].map((node) => pod(900, { node }));
    expect(found([scaled], { nodes: three, pods: half })).toEqual(['a']);
    const used = ['a', 'b', 'c'].map((node) => pod(1_000, { node }));
    expect(found([scaled], { nodes: three, pods: used }), 'half is not below half').toEqual([]);
  });

  it('not when something on it must stay, its owner wants it, or a pod waits for room', () => {
    const nodes = [room('a'), room('b', { keep: true })];
    expect(found([scaled], { nodes, pods: [pod(1, { node: 'a', pinned: 'nothing would make it again' })] })).toEqual(
      [],
    );
    expect(found([scaled], { nodes: three, pods: [pod(9_000)] })).toEqual([]);
    // What belongs to the node goes with it.
    expect(
      found([pool(2, bounds(1, 5))], {
        nodes: [room('a'), room('b')],
        pods: [pod(1_900, { node: 'a', everywhere: true })],
      }),
    ).toEqual(['a']);
  });
});

describe('over time', () => {
  const two = [machine('a'), machine('b')];
  const cluster = (count: number, autoscaling = bounds(1, 5)): Cluster =>
    desired({ pools: [pool(count, autoscaling)], observedGeneration: 1 });
  const world = (of: Partial<ObservedLoad>, machines: readonly ObservedMachine[] = two): ObservedCluster => ({
    ...complete,
    machines,
    tenant: present({ ...tenant, load: load(of) }),
  });
  const remembered = (memory: Partial<AutoscalerMemory>) => ({
    memory: { workers: { unneeded: {}, grewAt: null, restsUntil: null, ...memory } },
  });
  const nodes = [room('a'), room('b')];
  const plan = (of: Partial<ObservedLoad>, machines?: readonly ObservedMachine[], on = cluster(2)) =>
    planAutoscaling(on, world(of, machines), now);

  it('grows at once and remembers when', () => {
    expect(plan({ nodes, pods: [pod(2_000), pod(2_000), pod(2_000)] })).toEqual({
      scalings: [{ pool: 'workers', from: 2, to: 3, reason: expect.stringContaining('no room for shop/'), remove: [] }],
      memories: [{ pool: 'workers', memory: { unneeded: {}, grewAt: now.toISOString(), restsUntil: null } }],
    });
  });

  it('shrinks when a node was hardly used for as long as the pool says, and names the node', () => {
    const used = [pod(1_500, { node: 'b' })];
    const first = plan({ nodes, pods: used });
    expect(first).toEqual({
      scalings: [],
      memories: [{ pool: 'workers', memory: expect.objectContaining({ unneeded: { a: now.toISOString() } }) }],
    });
    expect(plan({ nodes, pods: used, ...remembered({ unneeded: { a: ago(599) } }) })).toEqual({
      scalings: [],
      memories: [],
    });
    expect(plan({ nodes, pods: used, ...remembered({ unneeded: { a: ago(600) } }) }).scalings).toEqual([
      { pool: 'workers', from: 2, to: 1, reason: expect.stringContaining('a is used to 0 %'), remove: ['a'] },
    ]);
    // Used again: forgotten.
    const again = plan({
      nodes,
      pods: [...used, pod(1_500, { node: 'a' })],
      ...remembered({ unneeded: { a: ago(700) } }),
    });
    expect(again.memories).toEqual([{ pool: 'workers', memory: { unneeded: {}, grewAt: null, restsUntil: null } }]);
  });

  it('has nothing to remember anew when nothing changed, in whatever order the database gives it back', () => {
    const memory = { workers: { restsUntil: null, unneeded: { b: ago(60), a: ago(90) }, grewAt: ago(3_600) } };
    expect(plan({ nodes, memory }, undefined, cluster(2, bounds(0, 5)))).toEqual({ scalings: [], memories: [] });
  });

  it('does not shrink while something else goes on, or shortly after it grew', () => {
    const due = remembered({ unneeded: { a: ago(900) } });
    const shrinks = (observed: ObservedCluster): boolean =>
      planAutoscaling(cluster(2), observed, now).scalings.length > 0;
    const idle = world({ nodes, ...due });
    expect(shrinks(idle)).toBe(true);
    expect(shrinks({ ...idle, pools: idle.pools.map((one) => ({ ...one, outdatedMachines: 1 })) })).toBe(false);
    expect(shrinks({ ...idle, machines: [machine('a'), machine('b', false)] })).toBe(false);
    expect(shrinks({ ...idle, poolsKnown: false })).toBe(false);
    expect(shrinks(world({ nodes, ...remembered({ unneeded: { a: ago(900) }, grewAt: ago(599) }) }))).toBe(false);
    expect(planAutoscaling(cluster(2), { ...idle, tenant: complete.tenant }, now)).toEqual({
      scalings: [],
      memories: [],
    });
  });

  it('takes back workers that do not come, and leaves their pool alone for a while', () => {
    const failure = { reason: 'NoCapacity', message: 'no room', actor: 'provider' } as const;
    const lost = { ...machine('c', false), joined: false, failure, createdAt: new Date(ago(901)) };
    const late = plan({ nodes, pods: [pod(2_000)] }, [...two, lost], cluster(3));
    expect(late).toEqual({
      scalings: [{ pool: 'workers', from: 3, to: 2, reason: expect.stringContaining('no room'), remove: ['c'] }],
      memories: [{ pool: 'workers', memory: expect.objectContaining({ restsUntil: ago(-300) }) }],
    });
    const closed = [room('a', { open: false }), room('b', { open: false })];
    const waiting = { nodes: closed, pods: [pod(2_000)] };
    expect(plan({ ...waiting, nodes: [] }).scalings, 'their Nodes are about to be there').toEqual([]);
    expect(plan({ ...waiting, ...remembered({ restsUntil: ago(-1) }) }).scalings).toEqual([]);
    expect(plan({ ...waiting, ...remembered({ restsUntil: ago(1) }) }).scalings).toHaveLength(1);
    const failing = { ...lost, createdAt: new Date(ago(60)) };
    expect(plan(waiting, [...two, failing], cluster(3)).scalings, 'not while it cannot make one').toEqual([]);
  });

  it('is part of the plan: the cluster is looked at often, and is updating, not degraded, while it grows', () => {
    const quiet = { ...cluster(2), status: { ...cluster(2).status, phase: 'ready' as const } };
    const calm = planCluster(
      quiet,
      world({ nodes, pods: [pod(1_500, { node: 'a' }), pod(1_500, { node: 'b' })] }),
      now,
    );
    expect(calm).toMatchObject({ actions: [], phase: 'ready', requeueAfterMs: 10_000 });
    const grown = { ...quiet, pools: [pool(3, bounds(1, 5))] };
    expect(planCluster(grown, world({ nodes }), now).phase).toBe('updating');
    const fixed = { ...quiet, pools: [pool(3, null)] };
    expect(planCluster(fixed, complete, now).phase).toBe('degraded');
  });
});
