import { controlPlanePodLabel } from '@matryoshka/addons';
import type { KubeObject } from '@matryoshka/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Case,
  client,
  cluster,
  inNamespace,
  look,
  minute,
  names,
  openssl,
  put,
  since,
  startTroubledCluster,
  status,
  stopTroubledCluster,
  world,
} from '../../testing/trouble.ts';

beforeAll(startTroubledCluster);
afterAll(stopTroubledCluster);

describe('the network', () => {
  const ref = () => inNamespace('infrastructure.cluster.x-k8s.io/v1beta1', 'OpenStackCluster', cluster.id);
  it.each([
    [
      'NetworkQuotaExceeded',
      "failed to reconcile network: Expected HTTP response code [201 202] when accessing [POST http://x/v2.0/networks], but got 409 instead: Quota exceeded for resources: ['network'].",
    ],
    ['CredentialRevoked', 'failed to create scope: Authentication failed'],
    ['AddressesExhausted', 'failed to reconcile router: No more IP addresses available on network 1f3e.'],
    ['CloudNotAnswering', 'failed to reconcile network: got 503 instead: service unavailable'],
    ['NetworkFailed', 'failed to reconcile subnets: found more than one subnet'],
  ])('%s', async (code, message) => {
    const condition = {
      type: 'NetworkReady',
      status: 'False',
      severity: 'Error',
      reason: 'NetworkReconcileFailed',
      message,
      lastTransitionTime: since(0),
    };
    const set = async (): Promise<void> => await status(ref(), { ready: false, conditions: [condition] });
    const unset = async (): Promise<void> => await status(ref(), { ready: true, conditions: null });
    await names(code, { set, unset });
  });
});

describe('the control plane', () => {
  const podRef = () => inNamespace('v1', 'Pod', 'plane');
  const withPod = (value: object): Case => ({
    set: async () => {
      const metadata = { name: 'plane', namespace: cluster.id, labels: { [controlPlanePodLabel]: cluster.id } };
      await put({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata,
        spec: { containers: [{ name: 'kube-apiserver', image: 'i' }] },
      });
      await status(podRef(), value);
      const tcp = inNamespace('kamaji.clastix.io/v1alpha1', 'TenantControlPlane', cluster.id);
      const { status: now } = await client.get<
        KubeObject & { status: { kubernetesResources: { deployment: object } } }
      >(tcp);
      await status(tcp, {
        kubernetesResources: { deployment: { ...now.kubernetesResources.deployment, readyReplicas: 0 } },
      });
    },
    unset: async () => void (await client.delete(podRef(), { gracePeriodSeconds: 0 })),
  });
  const waiting = (reason: string) => ({
    phase: 'Pending',
    containerStatuses: [
      {
        name: 'kube-apiserver',
        ready: false,
        restartCount: 0,
        image: 'i',
        imageID: '',
        state: { waiting: { reason } },
      },
    ],
  });

  it.each([
    ['ControlPlaneImageMissing', waiting('ImagePullBackOff')],
    ['ControlPlaneCrashing', waiting('CrashLoopBackOff')],
    [
      'ControlPlaneUnschedulable',
      {
        phase: 'Pending',
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/2 nodes are available: 2 Insufficient memory.',
          },
        ],
      },
    ],
  ])('whose pod does not run: %s', async (code, value) => {
    expect(await names(code, withPod(value))).toContain('plane');
  });

  it('without an address', async () => {
    const ref = inNamespace('v1', 'Service', cluster.id);
    const set = async (): Promise<void> => {
      await put({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: cluster.id, namespace: cluster.id },
        spec: { type: 'LoadBalancer', ports: [{ port: 6443 }] },
      });
      const tcp = inNamespace('kamaji.clastix.io/v1alpha1', 'TenantControlPlane', cluster.id);
      await status(tcp, { controlPlaneEndpoint: null });
    };
    const unset = async (): Promise<void> => void (await client.delete(ref));
    await names('ControlPlaneAddressPending', { ahead: 3 * minute, set, unset });
  });

  it('whose certificate nobody renews', async () => {
    const ref = inNamespace('v1', 'Secret', 'plane-certificate');
    const data = { 'apiserver.crt': (await openssl('/CN=kube-apiserver')).certificate.toString('base64') };
    const set = async (): Promise<void> =>
      await put({ apiVersion: 'v1', kind: 'Secret', metadata: { name: ref.name, namespace: cluster.id }, data });
    const unset = async (): Promise<void> => void (await client.delete(ref));
    await set();
    expect(await look(20 * 60 * minute)).toEqual({});
    await unset();
    expect(await names('CertificateExpiring', { ahead: 40 * 60 * minute, set, unset })).toContain('apiserver.crt');
  });

  it('that does not answer', async () => {
    const ref = inNamespace('v1', 'Secret', `${cluster.id}-admin-kubeconfig`);
    const set = async (): Promise<void> => {
      const live = await client.get<KubeObject & { data: Readonly<Record<string, string>> }>(ref);
      const away = Buffer.from(live.data['super-admin.conf'] ?? '', 'base64')
        .toString('utf8')
        .replace(/https:\/\/127\.0\.0\.1:\d+/, 'https://127.0.0.1:9');
      await client.patch(
        ref,
        { data: { 'super-admin.conf': Buffer.from(away).toString('base64') } },
        { type: 'merge' },
      );
    };
    // Playing Kamaji puts it back.
    await names('ClusterApiNotAnswering', { set, unset: async () => undefined });
    expect(
      world.store.plans.some((plan) =>
        plan.conditions.some((one) => one.reason === 'ClusterApiNotAnswering' && one.status === 'Unknown'),
      ),
    ).toBe(true);
  });
});
