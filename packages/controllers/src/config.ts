import type { KubeObject } from '@matryoshka/kube';

/** Full references of the images that the controller's own manifests name (key = component, see KAAS_IMAGES_FILE). */
export interface Images {
  readonly 'openstack-cloud-controller-manager': string;
  readonly flannel: string;
  readonly 'konnectivity-server': string;
  readonly 'konnectivity-agent': string;
  readonly coredns: string;
  readonly 'cinder-csi-plugin': string;
  readonly 'csi-node-driver-registrar': string;
  readonly 'csi-provisioner': string;
  readonly 'csi-attacher': string;
  readonly 'csi-resizer': string;
  readonly 'csi-snapshotter': string;
  readonly 'snapshot-controller': string;
}

/** What is the same for every cluster of one installation. */
export interface ClusterSettings {
  readonly images: Images;
  readonly openstack: {
    /** Keystone as the management cluster's pods reach it, with /v3. */
    readonly authUrl: string;
    readonly region: string;
  };
  /** Name of the provider network that routers and load balancers use. */
  readonly externalNetwork: string;
  /** Octavia provider of customers' load balancers; empty = the one that the cloud takes by default. */
  readonly loadBalancerProvider: string;
  /** Glance image of a version = prefix + version. */
  readonly workerImagePrefix: string;
  /** Resolvers for the customers' subnets; none = those of the cloud's DHCP. */
  readonly dnsNameservers: readonly string[];
  /** Whose tokens the control planes accept: kaas-api's `KAAS_ISSUER_URL`, and the PEM of the authority that it is known by. */
  readonly issuer: { readonly url: string; readonly authority: string };
  /** From where the service and the management cluster call the control planes: they may always. */
  readonly endpointRanges: readonly string[];
  /** How the tenant's DNS domain is called. */
  readonly serviceDomain: string;
  /** CustomResourceDefinitions of volume snapshots, as their upstream module has them. */
  readonly snapshotDefinitions: readonly KubeObject[];
}

export const settingsDefaults = {
  externalNetwork: 'public',
  loadBalancerProvider: '',
  workerImagePrefix: 'matryoshka-worker-',
  dnsNameservers: [],
  endpointRanges: [],
  serviceDomain: 'cluster.local',
} as const;

const imageNames: readonly (keyof Images)[] = [
  'openstack-cloud-controller-manager',
  'flannel',
  'konnectivity-server',
  'konnectivity-agent',
  'coredns',
  'cinder-csi-plugin',
  'csi-node-driver-registrar',
  'csi-provisioner',
  'csi-attacher',
  'csi-resizer',
  'csi-snapshotter',
  'snapshot-controller',
];

/** Reads the images file; throws an error that names every image that is missing. */
export function parseImages(text: string): Images {
  const value = JSON.parse(text) as Partial<Record<keyof Images, unknown>>;
  const missing = imageNames.filter((name) => typeof value[name] !== 'string' || value[name] === '');
  if (missing.length > 0) throw new Error(`the images file lacks ${missing.join(', ')}`);
  return value as Images;
}
