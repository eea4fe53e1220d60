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

/** The name of management server `index`, in the cloud and as Node. */
export function nodeName(index: number): string {
  return `mgmt-${index}`;
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
