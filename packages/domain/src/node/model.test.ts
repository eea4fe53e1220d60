import { describe, expect, it } from 'vitest';
import type { ObservedCluster, ObservedMachine } from '../cluster/observed.ts';
import { absent } from '../shared/looked.ts';
import { workerNodes } from './model.ts';

const now = new Date('2026-11-27T12:00:00Z');
const machine = (name: string, difference: Partial<ObservedMachine> = {}): ObservedMachine => ({
  ...{
    name,
    pool: 'workers',
    flavor: 'm1.small',
    phase: 'Running',
    joined: true,
    ready: true,
    deleting: false,
    joinedWith: null,
    goesFirst: false,
    readySince: now,
  },
  ...{ createdAt: now, server: 'ACTIVE', serverId: `s-${name}`, address: '10.6.0.4', kubernetesVersion: 'v1.36.3' },
  ...{ consoleError: null, drain: null },
  ...difference,
});
const nodesOf = (machines: readonly ObservedMachine[], poolsKnown = true) =>
  workerNodes({ machines, poolsKnown, tenant: absent } as unknown as ObservedCluster, now);

describe('workers', () => {
  it('are in the state that their machine is in, by name', () => {
    const nodes = nodesOf([
      machine('d', { deleting: true }),
      machine('c', { ready: false, server: 'SHUTOFF' }),
      machine('b', { ready: false, joined: false, serverId: null, server: null }),
      machine('a'),
    ]);
    expect(nodes?.map(({ name, state, cause }) => [name, state, cause?.reason ?? null])).toEqual([
      ['a', 'ready', null],
      ['b', 'provisioning', null],
      ['c', 'not-ready', 'ServerStopped'],
      ['d', 'deleting', null],
    ]);
  });

  it('are not none when they could not be listed', () => {
    expect(nodesOf([], false)).toBeNull();
    expect(nodesOf([])).toEqual([]);
  });
});
