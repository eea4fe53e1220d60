import { randomBytes } from 'node:crypto';

/** Addresses of the management cluster. They must differ from everything a customer may choose and from the provider network. */
export const managementNetwork = {
  name: 'management',
  nodeCidr: '10.250.0.0/24',
  podCidr: '10.251.0.0/16',
  serviceCidr: '10.252.0.0/16',
  /** Port of the API server, inside and at the floating address. */
  apiPort: 6443,
} as const;

/** The fixed address of management server `index` (0 holds the control plane). */
export function nodeAddress(index: number): string {
  return `10.250.0.${10 + index}`;
}

/** What management server `index` is called, whichever server that is at the moment. */
export function nodeName(index: number): string {
  return `mgmt-${index}`;
}

/** A name for a server of this index, in the cloud and as Node. No two ever have the same: a Node is never taken for that of a server that was lost. */
export function newServerName(index: number): string {
  return `${nodeName(index)}-${randomBytes(4).toString('hex').slice(0, 5)}`;
}

/** Whether a server, or a Node, is one of this index; of any, where none is given. The first ones had no ending. */
export function isManagementServer(name: string, index?: number): boolean {
  const match = /^mgmt-(\d+)(-[0-9a-f]{5})?$/.exec(name);
  return match !== null && (index === undefined || Number(match[1]) === index);
}

/** The provider network: routers, floating IPs and load balancers take their outside addresses from it. */
export const externalNetworkName = 'public';

/** Marks the floating IP of the API server, so that a later run finds it again. */
export const apiFloatingIpTag = 'matryoshka: API server of the management cluster';

/** Project that owns the management servers, and their flavor in pocket cloud. Flavors limit memory, they do not reserve it. */
export const managementProject = 'management';
export const managementFlavor = 'm1.xlarge';

/** Namespaces whose Deployments are the platform; those of customers' clusters are kaas-controller's business. */
export const platformNamespaces = [
  'kube-system',
  'capi-system',
  'capi-kubeadm-bootstrap-system',
  'capo-system',
  'orc-system',
  'kamaji-system',
] as const;
