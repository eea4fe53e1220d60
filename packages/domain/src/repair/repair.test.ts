import { describe, expect, it } from 'vitest';
import type { ObservedCluster, ObservedMachine, ObservedNode } from '../cluster/observed.ts';
import { planCluster } from '../cluster/plan.ts';
import { present, unknown } from '../shared/looked.ts';
import { complete, desired, machine, now, tenant } from '../testing/cluster.ts';
import type { Repair } from './model.ts';
import { planRepair } from './plan.ts';

const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000);
const node = (name: string, status: 'True' | 'False' | 'Unknown', seconds: number, full = 0): ObservedNode => ({
  name,
  machine: name,
  ready: { status, message: 'said', since: ago(seconds) },
  pressures: full === 0 ? [] : [{ type: 'DiskPressure', since: ago(full) }],
});
const worker = (name: string, more: Partial<ObservedMachine> = {}): ObservedMachine => ({
  ...machine(name),
  createdAt: ago(86_400),
  readySince: ago(3_600),
  ...more,
});
const ill = (name: string): ObservedMachine => worker(name, { ready: false });
const well = (count: number): readonly ObservedMachine[] =>
  Array.from({ length: count }, (_, n) => worker(`well-${n}`));
const world = (
  machines: readonly ObservedMachine[],
  nodes: readonly ObservedNode[],
  repairs: readonly Repair[] = [],
): ObservedCluster => {
  const known = machines
    .filter(({ joined }) => joined)
    .map(({ name }) => nodes.find((one) => one.name === name) ?? node(name, 'True', 3_600));
  return { ...complete, machines, repairs, tenant: present({ ...tenant, nodes: known }) };
};
const pools = [{ name: 'workers', autoRepair: true }];
const plan = (observed: ObservedCluster, of = pools) => planRepair(of, observed, now);
const named = (observed: ObservedCluster) => {
  const { repair, held } = plan(observed);
  return repair === undefined ? held?.reason : `${repair.machine} ${repair.cause.reason}`;
};
const repaired = (secondsAgo: number, name = 'x'): Repair => ({
  pool: 'workers',
  node: name,
  cause: { reason: 'NodeSilent', message: '', actor: 'user' },
  at: ago(secondsAgo),
});

describe('a worker that is not well', () => {
  it.each([
    ['is silent for too long', [ill('a')], [node('a', 'Unknown', 301)], 'a NodeSilent'],
    ['is silent for a moment', [ill('a')], [node('a', 'Unknown', 299)], undefined],
    ['says that it is not ready', [ill('a')], [node('a', 'False', 301)], 'a NodeNotReady'],
    [
      'was shut off',
      [worker('a', { ready: false, server: 'SHUTOFF' })],
      [node('a', 'Unknown', 301)],
      'a ServerStopped',
    ],
    [
      'was shut off a moment ago',
      [worker('a', { ready: false, server: 'SHUTOFF' })],
      [node('a', 'Unknown', 60)],
      undefined,
    ],
    [
      'lost its server',
      [worker('a', { ready: false, server: 'DELETED' })],
      [node('a', 'Unknown', 1)],
      'a ServerDeleted',
    ],
    ['has a full disk for long', [worker('a')], [node('a', 'True', 9_000, 901)], 'a NodeUnderPressure'],
    ['has a full disk, which kubelet may still empty', [worker('a')], [node('a', 'True', 9_000, 600)], undefined],
    [
      'could not set itself up',
      [worker('a', { ready: false, joined: false, consoleError: 'oh', createdAt: ago(601) })],
      [],
      'a CloudInitFailed',
    ],
    ['is setting itself up', [worker('a', { ready: false, joined: false, createdAt: ago(601) })], [], undefined],
    ['never joined', [worker('a', { ready: false, joined: false, createdAt: ago(1_201) })], [], 'a NodeNotRegistered'],
    [
      'is being deleted already',
      [worker('a', { ready: false, deleting: true })],
      [node('a', 'Unknown', 900)],
      undefined,
    ],
    ['is well', [worker('a')], [], undefined],
  ] as const)('that %s', (_, machines, nodes, expected) => {
    expect(named(world([...machines, ...well(3)], nodes))).toBe(expected);
  });

  it('and whose Node somebody deleted is replaced when it does not come back', () => {
    const gone = worker('a', { ready: false, readySince: ago(301) });
    const observed = { ...world([gone, ...well(3)], []), tenant: present({ ...tenant, nodes: [] }) };
    expect(named({ ...observed, machines: [gone] })).toBe('a NodeGone');
    const fresh = worker('a', { ready: false, readySince: ago(200) });
    expect(named({ ...observed, machines: [fresh] })).toBeUndefined();
  });
});

describe('nothing is replaced', () => {
  const silent = node('a', 'Unknown', 900);
  it('on the strength of what could not be looked at', () => {
    const observed = world([ill('a'), ...well(3)], [silent]);
    expect(plan({ ...observed, tenant: unknown('no route') })).toEqual({});
    expect(plan({ ...observed, poolsKnown: false })).toEqual({});
    // That Nova knows the server no more is enough by itself.
    const lost = {
      ...observed,
      machines: [worker('a', { ready: false, server: 'DELETED' })],
      tenant: unknown('no route'),
    };
    expect(named(lost)).toBe('a ServerDeleted');
  });

  it('in a pool whose owner does not want it', () => {
    expect(plan(world([ill('a'), ...well(3)], [silent]), [{ name: 'workers', autoRepair: false }])).toEqual({});
  });

  it('when so many are ill at once that something else is the cause', () => {
    const names = ['a', 'b', 'c'];
    const nodes = names.map((name) => node(name, 'Unknown', 900));
    expect(named(world([...names.map(ill), ...well(4)], nodes))).toBe('RepairHeld');
    // Three of eight are within what happens.
    expect(named(world([...names.map(ill), ...well(5)], nodes))).toBe('a NodeSilent');
    // Of a small cluster, all may be ill.
    expect(named(world([ill('a'), ill('b')], nodes))).toBe('a NodeSilent');
    const observed = world([...names.map(ill), ...well(4)], nodes);
    const { conditions } = planCluster(desired(), observed, now);
    expect(conditions.find(({ type }) => type === 'RemediationAllowed')).toMatchObject({
      status: 'False',
      reason: 'RepairHeld',
      message: expect.stringContaining('3 of 7'),
    });
  });

  it('while the one in the place of another is still coming', () => {
    const coming = worker('new', { ready: false, joined: false, createdAt: ago(30) });
    expect(plan(world([ill('a'), coming, ...well(3)], [silent]))).toEqual({});
  });

  it('too soon after another repair of the pool; each one of the last hour doubles the pause', () => {
    const observed = (repairs: readonly Repair[]) => named(world([ill('a'), ...well(3)], [silent], repairs));
    expect(observed([repaired(29)])).toBeUndefined();
    expect(observed([repaired(31)])).toBe('a NodeSilent');
    expect(observed([repaired(59, 'x'), repaired(200, 'y')])).toBeUndefined();
    expect(observed([repaired(61, 'x'), repaired(200, 'y')])).toBe('a NodeSilent');
    expect(observed([repaired(31, 'x'), repaired(3_700, 'y')])).toBe('a NodeSilent');
    const many = Array.from({ length: 10 }, (_, n) => repaired(1_799 + n, `x${n}`));
    expect(observed(many)).toBeUndefined();
    expect(observed([...many].map((one) => ({ ...one, at: new Date(one.at.getTime() - 60_000) })))).toBe(
      'a NodeSilent',
    );
  });
});

it('the longest ill goes first, one in a turn, with what was wrong in the plan', () => {
  const observed = world([ill('a'), ill('b'), ...well(4)], [node('a', 'Unknown', 400), node('b', 'Unknown', 500)]);
  expect(named(observed)).toBe('b NodeSilent');
  const repairs = planCluster(desired(), observed, now).actions.filter(({ type }) => type === 'repairMachine');
  expect(repairs).toEqual([
    { type: 'repairMachine', machine: 'b', pool: 'workers', cause: expect.objectContaining({ reason: 'NodeSilent' }) },
  ]);
});
