import type { KubeObject } from '@matryoshka/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  client,
  cluster,
  conditions,
  inNamespace,
  known,
  look,
  machine,
  machineRef,
  minute,
  names,
  node,
  notReady,
  openssl,
  put,
  removeNode,
  removeServer,
  serverIn,
  since,
  startTroubledCluster,
  status,
  stopTroubledCluster,
  world,
} from '../../testing/trouble.ts';

beforeAll(startTroubledCluster);
afterAll(stopTroubledCluster);

it('is blamed for nothing while it is made, nor when it is ready', async () => {
  const blamed = world.store.plans.flatMap((plan) => plan.conditions.filter(({ reason }) => known.has(reason)));
  expect(blamed).toEqual([]);
  expect(await look()).toEqual({});
  expect(conditions().map(({ type }) => type)).toEqual(
    expect.arrayContaining(['NodesHealthy', 'LoadBalancersReady', 'VolumesReady', 'CertificatesValid']),
  );
});

describe('a worker', () => {
  it('without a node', async () => {
    const set = async (): Promise<void> => {
      await serverIn('ACTIVE');
      await notReady();
    };
    expect(await names('NodeNotRegistered', { ahead: 6 * minute, set, unset: removeServer })).toContain(machine);
  });

  it('whose console tells why', async () => {
    const set = async (): Promise<void> => {
      world.cloud.said.console =
        '[ 40.1] cloud-init[600]: error execution phase preflight: connection timed out\n[ OK ] done';
      await serverIn('ACTIVE');
      await notReady();
    };
    const unset = async (): Promise<void> => {
      delete world.cloud.said.console;
      await removeServer();
    };
    expect(await names('CloudInitFailed', { ahead: 3 * minute, set, unset })).toContain(
      'error execution phase preflight',
    );
  });

  it('that was shut off', async () => {
    const set = async (): Promise<void> => {
      await serverIn('SHUTOFF');
      await notReady();
    };
    await names('ServerStopped', { set, unset: removeServer });
  });

  it('whose certificate nobody approves', async () => {
    const request = (await openssl(`/O=system:nodes/CN=system:node:${machine}`)).request.toString('base64');
    const type = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' };
    const signerName = 'kubernetes.io/kube-apiserver-client-kubelet';
    const set = async (): Promise<void> => {
      await put({
        ...type,
        metadata: { name: 'csr-1' },
        spec: { request, signerName, usages: ['digital signature', 'client auth'] },
      });
      await notReady();
    };
    const unset = async (): Promise<void> => void (await client.delete({ ...type, name: 'csr-1' }));
    expect(await names('CertificateRequestPending', { ahead: 6 * minute, set, unset })).toContain('csr-1');
  });

  it.each([
    ['NodeSilent', 'Unknown', 'Kubelet stopped posting node status.'],
    [
      'NetworkPluginNotReady',
      'False',
      'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
    ],
    ['NodeNotReady', 'False', '[PLEG is not healthy: pleg was last seen active 5m ago]'],
  ])('whose node says so: %s', async (code, ready, message) => {
    const set = async (): Promise<void> => {
      await node({ status: ready, message });
      await notReady();
    };
    expect(await names(code, { set, unset: removeNode })).toContain(message.slice(0, 20));
  });

  it('that is short of disk, although the cluster is ready', async () => {
    const short = {
      type: 'DiskPressure',
      status: 'True',
      reason: 'KubeletHasDiskPressure',
      message: '',
      lastTransitionTime: since(0),
    };
    const set = async (): Promise<void> => await node({ status: 'True', message: '', seconds: 1 }, [short]);
    expect(await names('NodeUnderPressure', { set, unset: removeNode })).toContain('DiskPressure');
  });

  it.each([
    ['NoCapacity', 'No valid host was found. There are not enough hosts available.'],
    ['ServerQuotaExceeded', 'Quota exceeded for instances: Requested 1, but already used 10 of 10 instances'],
    ['ImageMissing', 'Image 8f2a5c36-4f5c-4a52-9a9b-0d5f8c2d1e00 could not be found.'],
    ['ServerFailed', 'Build of instance aborted: Failed to allocate the network(s), not rescheduling.'],
  ])('whose server is in ERROR, by the fault of Nova: %s', async (code, fault) => {
    const set = async (): Promise<void> => {
      world.cloud.said.fault = fault;
      await serverIn('ERROR');
      await notReady();
    };
    const unset = async (): Promise<void> => {
      delete world.cloud.said.fault;
      await removeServer();
    };
    await names(code, { set, unset });
    expect(
      world.store.plans.some((plan) =>
        plan.conditions.some(({ reason, message }) => reason === code && message.includes(fault.slice(0, 30))),
      ),
    ).toBe(true);
  });

  it('that cannot be emptied', async () => {
    const name = 'leaving';
    const ref = inNamespace('cluster.x-k8s.io/v1beta2', 'Machine', name);
    const message =
      "Drain not completed yet (started at 2026-11-27T12:00:00Z):\n* Pod shop/web-0: cannot evict pod as it would violate the pod's disruption budget. The disruption budget web needs 1 healthy pods and has 1 currently";
    const set = async (): Promise<void> => {
      const live = await client.get<KubeObject & { spec: object }>(machineRef());
      await put({
        apiVersion: ref.apiVersion,
        kind: ref.kind,
        metadata: {
          name,
          namespace: cluster.id,
          finalizers: ['test/hold'],
          ...(live.metadata.labels === undefined ? {} : { labels: live.metadata.labels }),
        },
        spec: live.spec,
      });
      await status(ref, {
        conditions: [
          { type: 'Deleting', status: 'True', reason: 'DrainingNode', message, lastTransitionTime: since(0) },
        ],
      });
      await client.delete(ref);
    };
    const unset = async (): Promise<void> =>
      void (await client.patch(ref, { metadata: { finalizers: null } }, { type: 'merge' }));
    const said = await names('DrainBlocked', { set, unset });
    expect(said).toContain('shop/web-0');
    expect(said).toContain('disruption budget web');
  });
});
