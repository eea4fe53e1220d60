import type { Cluster, ObservedCertificateRequest, ObservedMachine, ObservedNode } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { changeOfNode } from '../node-settings.ts';
import { at, conditionsOf, textAt, timeAt } from '../read.ts';

const pressures = ['DiskPressure', 'MemoryPressure', 'PIDPressure'];

/** Nodes carry the name of their Machine (Cluster API annotation) once it found them, and the same host name before. */
export function machineOf({ metadata }: KubeObject): string {
  return metadata.annotations?.['cluster.x-k8s.io/machine'] ?? metadata.name;
}

/** What makes a Node what its pool says; undefined when nothing has to be done, or it belongs to none. */
export function poolChangeOf(
  node: KubeObject,
  cluster: Cluster,
  machines: readonly ObservedMachine[],
): object | undefined {
  const machine = machines.find(({ name }) => name === machineOf(node));
  const pool = cluster.pools.find(({ name }) => name === machine?.pool);
  if (machine === undefined || machine.deleting || pool === undefined) return undefined;
  return changeOfNode(node, pool, machine.joinedWith);
}

/** A Node as far as its health is concerned. */
export function observedNode(node: KubeObject): ObservedNode {
  const { name } = node.metadata;
  const ready = conditionsOf(node).find(({ type }) => type === 'Ready');
  const status = ready?.status;
  return {
    name,
    machine: machineOf(node),
    ready: {
      status: status === 'True' || status === 'Unknown' ? status : 'False',
      message: ready?.message ?? 'kubelet has said nothing yet',
      since: ready === undefined ? timeAt(node, 'metadata', 'creationTimestamp') : timeAt(ready, 'lastTransitionTime'),
    },
    pressures: conditionsOf(node)
      .filter(({ type, status: said }) => pressures.includes(type) && said === 'True')
      .map((condition) => ({ type: condition.type, since: timeAt(condition, 'lastTransitionTime') })),
  };
}

const kubeletSigners = ['kubernetes.io/kube-apiserver-client-kubelet', 'kubernetes.io/kubelet-serving'];

/** A kubelet's request that was neither approved nor denied; undefined for others. */
export function certificateRequest(request: KubeObject): ObservedCertificateRequest | undefined {
  if (!kubeletSigners.includes(textAt(request, 'spec', 'signerName') ?? '')) return undefined;
  if (conditionsOf(request).length > 0 || at(request, 'status', 'certificate') !== undefined) return undefined;
  const { name } = request.metadata;
  return {
    name,
    node: requestedNode(textAt(request, 'spec', 'request') ?? ''),
    since: timeAt(request, 'metadata', 'creationTimestamp'),
  };
}

/** The node that a certificate is asked for. A new kubelet asks as its bootstrap token, so that only the subject of the request (PKCS #10) names it. */
function requestedNode(request: string): string {
  const pem = Buffer.from(request, 'base64').toString('latin1');
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  const prefix = 'system:node:';
  const start = der.indexOf(prefix);
  // The byte before a short string is its length (X.690 §8.1.3.4).
  const length = start < 1 ? 0 : der.readUInt8(start - 1);
  return der.subarray(start + prefix.length, start + length).toString('latin1');
}
