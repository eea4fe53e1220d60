import type { KubeObject } from '@matryoshka/kube';
import { expect, it } from 'vitest';
import { cloudControllerManagerManifests } from './cloud-controller-manager/manifests.ts';
import { type FlannelOptions, flannelManifests } from './flannel/manifests.ts';
import { kubeProxyManifests } from './kube-proxy/manifests.ts';

const options: FlannelOptions = { podCidr: '10.9.0.0/16', image: 'i:1', endpoint: 'https://10.0.0.1:6443' };

const daemonSet = (objects: readonly KubeObject[]): KubeObject | undefined =>
  objects.find(({ kind }) => kind === 'DaemonSet');

it('gives flannel the pod network, the node and a way to the API without kube-proxy', () => {
  const objects = flannelManifests(options);
  const config = objects.find(({ kind }) => kind === 'ConfigMap')?.data as Record<string, string>;
  expect(JSON.parse(config['net-conf.json'] ?? '')).toMatchObject({ Network: '10.9.0.0/16', EnableNFTables: true });
  const text = JSON.stringify(daemonSet(objects));
  for (const part of ['NODE_NAME', '"value":"10.0.0.1"', '"value":"6443"', '"image":"i:1"'])
    expect(text).toContain(part);
  expect(JSON.stringify(flannelManifests({ ...options, endpoint: 'https://api.example.com' }))).toContain(
    '"value":"443"',
  );
});

it.each([
  ['flannel', flannelManifests],
  ['kube-proxy', kubeProxyManifests],
])('starts new pods of %s when its configuration changes, and only then', (_name, manifests) => {
  const before = daemonSet(manifests(options));
  expect(daemonSet(manifests({ ...options }))).toEqual(before);
  expect(daemonSet(manifests({ ...options, podCidr: '10.8.0.0/16' }))).not.toEqual(before);
});

it('gives the cloud controller manager its configuration as a Secret only', () => {
  const objects = cloudControllerManagerManifests({ image: 'i:1', clusterName: 'mgmt', cloudConfig: 'password=p' });
  const secret = objects.find(({ kind }) => kind === 'Secret');
  expect(secret?.data).toEqual({ 'cloud.conf': Buffer.from('password=p').toString('base64') });
  const others = JSON.stringify(objects.filter(({ kind }) => kind !== 'Secret'));
  expect(others).toContain('--cluster-name=mgmt');
  expect(others).not.toContain('password');
});
