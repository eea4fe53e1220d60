import type { KubeObject } from '@matryoshka/kube';
import { expect, it } from 'vitest';
import { capacityOf, isUsable, reservedBy } from './room.ts';

const ready = {
  conditions: [{ type: 'Ready', status: 'True' }],
  allocatable: { cpu: '1900m', memory: '2Gi', pods: '110' },
};
const node = (change: object = {}): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {}, status: ready, ...change }) as KubeObject;

it('counts what usable nodes offer', () => {
  const unusable = [
    node({ status: { ...ready, conditions: [{ type: 'Ready', status: 'Unknown' }] } }),
    node({ status: {} }),
    node({ spec: { unschedulable: true } }),
    node({ spec: { taints: [{ key: 'x', effect: 'NoExecute' }] } }),
  ];
  expect(unusable.map(isUsable)).toEqual([false, false, false, false]);
  const preferred = node({ spec: { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] } });
  expect(capacityOf([node(), preferred, ...unusable])).toEqual({ cpuMillis: 3800, memoryMib: 4096, pods: 220 });
  expect(capacityOf([])).toEqual({ cpuMillis: 0, memoryMib: 0, pods: 0 });
});

const container = (cpu: string, more: object = {}) => ({ resources: { requests: { cpu, memory: '10Mi' } }, ...more });
const pod = (namespace: string, spec: object): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace }, spec }) as KubeObject;

it('counts what pods of others asked for, as the scheduler does', () => {
  const always = { restartPolicy: 'Always' };
  expect(
    reservedBy([
      pod('kube-system', { containers: [container('100m'), container('50m'), {}] }),
      // The init container needs more than those that run after it.
      pod('capi-system', { containers: [container('100m')], initContainers: [container('300m')] }),
      // A sidecar runs beside the init containers after it, and beside the others.
      pod('x', {
        containers: [container('100m')],
        initContainers: [container('50m', always), container('60m')],
        overhead: { cpu: '1m' },
      }),
      pod('c-abcdefghij', { containers: [container('5')] }),
    ]),
  ).toEqual({ cpuMillis: 150 + 300 + 151, memoryMib: 20 + 10 + 20, pods: 3 });
});
