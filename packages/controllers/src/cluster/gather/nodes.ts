import type { ObservedCertificateRequest, ObservedNode } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { at, conditionsOf, textAt } from '../read.ts';

const pressures = ['DiskPressure', 'MemoryPressure', 'PIDPressure'];

/** A Node as far as its health is concerned. Nodes carry the name of their Machine once it found them, and the same host name before. */
export function observedNode(node: KubeObject): ObservedNode {
  const { name, annotations, creationTimestamp } = node.metadata;
  const ready = conditionsOf(node).find(({ type }) => type === 'Ready');
  const status = ready?.status;
  const since = textAt(ready, 'lastTransitionTime') ?? creationTimestamp;
  return {
    name,
    machine: annotations?.['cluster.x-k8s.io/machine'] ?? name,
    ready: {
      status: status === 'True' || status === 'Unknown' ? status : 'False',
      message: ready?.message ?? 'kubelet has said nothing yet',
      since: since === undefined ? new Date() : new Date(since),
    },
    pressures: conditionsOf(node)
      .filter(({ type, status: said }) => pressures.includes(type) && said === 'True')
      .map(({ type }) => type),
  };
}

const kubeletSigners = ['kubernetes.io/kube-apiserver-client-kubelet', 'kubernetes.io/kubelet-serving'];

/** A kubelet's request that was neither approved nor denied; undefined for others. */
export function certificateRequest(request: KubeObject): ObservedCertificateRequest | undefined {
  if (!kubeletSigners.includes(textAt(request, 'spec', 'signerName') ?? '')) return undefined;
  if (conditionsOf(request).length > 0 || at(request, 'status', 'certificate') !== undefined) return undefined;
  const { name, creationTimestamp } = request.metadata;
  return {
    name,
    node: requestedNode(textAt(request, 'spec', 'request') ?? ''),
    since: creationTimestamp === undefined ? new Date() : new Date(creationTimestamp),
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
