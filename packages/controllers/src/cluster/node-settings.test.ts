import type { Pool } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { expect, it } from 'vitest';
import { clusterFixture } from '../testing/fixtures.ts';
import { changeOfNode, joinedWith, poolSettingsAnnotation } from './node-settings.ts';

const [workers] = clusterFixture().pools;
const pool = (more: Partial<Pool>): Pool => ({ ...(workers as Pool), ...more });
const own = { 'matryoshka.dev/pool': 'workers' };

function node(labels: Record<string, string>, taints: readonly object[] = [], noted?: object): KubeObject {
  const annotations = noted === undefined ? {} : { [poolSettingsAnnotation]: JSON.stringify(noted) };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', resourceVersion: '7', labels: { ...own, ...labels }, annotations },
    spec: { taints },
  };
}
const noted = (change: object | undefined): unknown =>
  JSON.parse(
    (change as { metadata: { annotations: Record<string, string> } }).metadata.annotations[poolSettingsAnnotation] ??
      '',
  );
const joined = { labels: ['a', 'matryoshka.dev/pool'], taints: ['t:NoSchedule'] };
const taint = { key: 't', value: 'x', effect: 'NoSchedule' } as const;

it('leaves a node alone that is as it joined, whatever others put on it', () => {
  const found = node({ a: 'b', theirs: '1' }, [taint, { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }]);
  expect(changeOfNode(found, pool({ labels: { a: 'b' }, taints: [taint] }), joined)).toBeUndefined();
});

it('gives a node what its pool has now, takes away what it had from the pool, and leaves what is of others', () => {
  const theirs = { key: 'theirs', effect: 'NoExecute' };
  const change = changeOfNode(node({ a: 'b', theirs: '1' }, [theirs, taint]), pool({ labels: { c: 'd' } }), joined);
  expect(change).toMatchObject({
    metadata: { resourceVersion: '7', labels: { a: null, c: 'd' } },
    spec: { taints: [theirs] },
  });
  expect(noted(change)).toEqual({ labels: ['c', 'matryoshka.dev/pool'], taints: [] });
});

it('knows by its note what it gave later, so that this goes, too', () => {
  const found = node({ a: 'b', c: 'd' }, [], { labels: ['c', 'matryoshka.dev/pool'], taints: [] });
  // The label `a` was put back by the customer, whose it is now.
  expect(changeOfNode(found, pool({}), joined)).toMatchObject({ metadata: { labels: { c: null } } });
  expect(changeOfNode(found, pool({}), joined)).not.toHaveProperty('metadata.labels.a');
  expect(changeOfNode(found, pool({ labels: { c: 'd' } }), joined)).toBeUndefined();
});

it('puts right what somebody changed by hand, a taint with another value as well', () => {
  const found = node({ a: 'changed' }, [{ ...taint, value: 'y' }]);
  expect(changeOfNode(found, pool({ labels: { a: 'b' }, taints: [taint] }), joined)).toMatchObject({
    metadata: { labels: { a: 'b' } },
    spec: { taints: [taint] },
  });
  const lost = { ...found, metadata: { ...found.metadata, labels: { a: 'b' } }, spec: { taints: [taint] } };
  expect(changeOfNode(lost, pool({ labels: { a: 'b' }, taints: [taint] }), joined)).toMatchObject({
    metadata: { labels: own },
  });
});

it('does not stumble over a note that is none', () => {
  const found = node({ a: 'b' }, [taint]);
  const odd = { ...found.metadata, annotations: { [poolSettingsAnnotation]: '{"labels":3}' } };
  const wanted = pool({ labels: { a: 'b' }, taints: [taint] });
  expect(changeOfNode({ ...found, metadata: odd }, wanted, joined)).toBeUndefined();
});

it('reads from a KubeadmConfig what its node joined with', () => {
  const nodeRegistration = {
    kubeletExtraArgs: [{ name: 'node-labels', value: 'a=b,matryoshka.dev/pool=workers' }],
    taints: [{ key: 't', effect: 'NoSchedule' }],
  };
  const bootstrap = { apiVersion: 'v1', kind: 'KubeadmConfig', metadata: { name: 'x' } };
  expect(joinedWith({ ...bootstrap, spec: { joinConfiguration: { nodeRegistration } } })).toEqual(joined);
  expect(joinedWith(bootstrap)).toBeNull();
  expect(joinedWith(undefined)).toBeNull();
});
