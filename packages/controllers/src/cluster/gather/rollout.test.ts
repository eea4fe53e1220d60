import { createHash } from 'node:crypto';
import type { KubeObject } from '@matryoshka/kube';
import { describe, expect, it } from 'vitest';
import { runsOn } from './rollout.ts';

const made = {
  ca: 'ca',
  'front-proxy-ca-certificate': 'front-proxy-ca-certificate',
  'service-account': 'sa-certificate',
  'api-server-certificate': 'api-server-certificate',
  'api-server-kubelet-client-certificate': 'api-server-kubelet-client-certificate',
  'front-proxy-client-certificate': 'front-proxy-client-certificate',
  'controller-manager-kubeconfig': 'controller-manager-kubeconfig',
  'scheduler-kubeconfig': 'scheduler-kubeconfig',
};
const secretOf = (suffix: string, text: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: `c1-${suffix}`, namespace: 'c1' },
  data: { 'tls.crt': Buffer.from(text).toString('base64'), 'tls.key': Buffer.from('key').toString('base64') },
});
const secrets = Object.values(made).map((suffix) => secretOf(suffix, suffix));
const labels = Object.fromEntries(
  Object.entries(made).map(([label, suffix]) => [
    `component.kamaji.clastix.io/${label}`,
    createHash('md5').update(`${suffix}key`).digest('hex'),
  ]),
);
const deployment = (status: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'c1', namespace: 'c1', generation: 2 },
  spec: { replicas: 2, template: { metadata: { labels } } },
  status: { observedGeneration: 2, replicas: 2, readyReplicas: 2, updatedReplicas: 2, ...status },
});

describe('what a control plane runs on', () => {
  it('is what its Secrets hold, when all replicas are of the last revision', () => {
    expect(runsOn(deployment(), secrets, 'c1')).toBe(true);
  });

  it.each([{ observedGeneration: 1 }, { replicas: 3 }, { readyReplicas: 1 }, { updatedReplicas: 1 }])(
    'is not, while pods are replaced: %j',
    (status) => {
      expect(runsOn(deployment(status), secrets, 'c1')).toBe(false);
    },
  );

  it.each(Object.values(made))('is older than %s as soon as that is another, or gone', (suffix) => {
    const others = secrets.filter(({ metadata }) => metadata.name !== `c1-${suffix}`);
    expect(runsOn(deployment(), [...others, secretOf(suffix, 'renewed')], 'c1')).toBe(false);
    expect(runsOn(deployment(), others, 'c1')).toBe(false);
  });
});
