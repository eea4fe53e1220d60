import type { KubeObject } from '@matryoshka/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  client,
  cluster,
  conditions,
  look,
  names,
  node,
  put,
  removeNode,
  since,
  startTroubledCluster,
  status,
  stopTroubledCluster,
  world,
} from '../../testing/trouble.ts';

beforeAll(startTroubledCluster);
afterAll(stopTroubledCluster);

describe('inside of the cluster', () => {
  const agents = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'konnectivity-agent', namespace: 'kube-system' };
  const counts = (desired: number): object => ({
    currentNumberScheduled: desired,
    desiredNumberScheduled: desired,
    numberMisscheduled: 0,
    numberReady: 0,
  });

  it('no konnectivity agent', async () => {
    const set = async (): Promise<void> => {
      await node({ status: 'True', message: '' });
      await status(agents, counts(1));
    };
    const unset = async (): Promise<void> => {
      await status(agents, counts(0));
      await removeNode();
    };
    await names('KonnectivityAgentSilent', { set, unset });
  });

  it('an add-on that cannot start', async () => {
    const ref = { apiVersion: 'v1', kind: 'Pod', name: 'coredns-1', namespace: 'kube-system' };
    const state = { waiting: { reason: 'ErrImagePull', message: 'not found' } };
    const set = async (): Promise<void> => {
      await node({ status: 'True', message: '', seconds: 1 });
      await status(agents, counts(1));
      await put({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: ref.name, namespace: ref.namespace },
        spec: { containers: [{ name: 'coredns', image: 'i' }] },
      });
      await status(ref, {
        phase: 'Pending',
        containerStatuses: [{ name: 'coredns', ready: false, restartCount: 0, image: 'i', imageID: '', state }],
      });
    };
    const unset = async (): Promise<void> => {
      await client.delete(ref, { gracePeriodSeconds: 0 });
      await status(agents, counts(0));
      await removeNode();
    };
    expect(await names('AddonNotRunning', { set, unset })).toContain('coredns-1');
  });

  const event = (kind: string, name: string, reason: string, message: string): KubeObject =>
    ({
      ...{ apiVersion: 'v1', kind: 'Event', metadata: { name: `${name}.1`, namespace: 'default' } },
      ...{
        involvedObject: { apiVersion: 'v1', kind, name, namespace: 'default' },
        reason,
        message,
        type: 'Warning',
        lastTimestamp: since(0),
      },
    }) as KubeObject;
  const drop = async (kind: string, name: string): Promise<void> => {
    await client.delete({ apiVersion: 'v1', kind, name, namespace: 'default' });
    await client.delete({ apiVersion: 'v1', kind: 'Event', name: `${name}.1`, namespace: 'default' });
  };

  it.each([
    [
      'LoadBalancerQuotaExceeded',
      'Error syncing load balancer: failed to ensure load balancer: Quota has been met for resources: Load Balancer',
    ],
    [
      'FloatingIpQuotaExceeded',
      "Error syncing load balancer: failed to ensure load balancer: error creating LB floatingip: Quota exceeded for resources: ['floatingip'].",
    ],
    [
      'LoadBalancerFailed',
      'Error syncing load balancer: failed to ensure load balancer: subnet 1f3e not found for service default/web',
    ],
  ])('a Service without a load balancer: %s', async (code, message) => {
    const set = async (): Promise<void> => {
      await put({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace: 'default' },
        spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
      });
      expect(await look()).toEqual({});
      await put(event('Service', 'web', 'SyncLoadBalancerFailed', message));
    };
    expect(await names(code, { set, unset: async () => await drop('Service', 'web') })).toContain('default/web');
  });

  it.each([
    [
      'VolumeQuotaExceeded',
      "failed to provision volume with StorageClass: rpc error: code = Internal desc = VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded for quota 'volumes'.",
    ],
    [
      'VolumeFailed',
      'failed to provision volume with StorageClass: rpc error: code = Internal desc = Invalid input received: Invalid volume type',
    ],
  ])('a claim without a volume: %s', async (code, message) => {
    const set = async (): Promise<void> => {
      const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
      await put({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', namespace: 'default' },
        spec,
      });
      expect(await look()).toEqual({});
      await put(event('PersistentVolumeClaim', 'data', 'ProvisioningFailed', message));
    };
    const unset = async (): Promise<void> => {
      await client.patch(
        { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: 'data', namespace: 'default' },
        { metadata: { finalizers: null } },
        { type: 'merge' },
      );
      await drop('PersistentVolumeClaim', 'data');
    };
    expect(await names(code, { set, unset })).toContain('default/data');
  });

  it('a webhook that does not answer', async () => {
    const type = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' };
    const rule = {
      apiGroups: ['apps'],
      apiVersions: ['v1'],
      operations: ['CREATE', 'UPDATE'],
      resources: ['daemonsets'],
    };
    const webhook = {
      name: 'policy.example.com',
      rules: [rule],
      clientConfig: { url: 'https://127.0.0.1:9/' },
      failurePolicy: 'Fail',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      timeoutSeconds: 1,
    };
    await put({ ...type, metadata: { name: 'policy' }, webhooks: [webhook] } as KubeObject);
    await client.delete({ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'kube-proxy', namespace: 'kube-system' });
    const before = world.store.failures.length;
    // The configuration takes effect a moment after it was made.
    for (let turn = 0; turn < 50 && world.store.failures.length === before; turn += 1) {
      await world.run(cluster.id).catch(() => undefined);
      if (world.store.failures.length === before)
        await client.delete({ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'kube-proxy', namespace: 'kube-system' });
    }
    expect(world.store.failures.at(-1)).toMatchObject({
      reason: 'WebhookRefusing',
      actor: 'user',
      message: expect.stringContaining('policy.example.com'),
    });
    await client.delete({ ...type, name: 'policy' });
    for (
      let turn = 0;
      turn < 50 && conditions().some(({ type, status: said }) => type === 'Ready' && said !== 'True');
      turn += 1
    )
      await world.run(cluster.id).catch(() => undefined);
    expect(await look()).toEqual({});
  });
});
