import { chooseVersion, defaultKubernetesVersion, findComponent, listComponents } from '../versions.ts';

/** What beside the binary and the certificate authorities an image needs. */
export type ImageBase = 'plain' | 'shell' | 'firewall' | 'storage' | 'busybox';

export interface Image {
  /** Short name, unique. */
  readonly name: string;
  /** Reference as upstream publishes it, e.g. `registry.k8s.io/kube-apiserver:v1.36.3`. */
  readonly ref: string;
  /** Path in our registry: the upstream path without its host (containerd mirrors ask for it so). */
  readonly repository: string;
  readonly tag: string;
  /** Whose binary it holds; null where the base is all there is. */
  readonly component: string | null;
  readonly version: string;
  readonly binary: string | null;
  /** Where the program is in the image. */
  readonly path: string;
  readonly user: string;
  readonly base: ImageBase;
  /** Must be on every node before a registry can be reached. */
  readonly preload: boolean;
  readonly ours: boolean;
}

interface ImageSpec {
  readonly name: string;
  readonly repository: string;
  readonly component: string | null;
  readonly binary: string | null;
  readonly path: string;
  readonly user?: string;
  readonly base?: ImageBase;
  readonly preload?: boolean;
  readonly tags?: readonly string[];
  /** Follows the version in the tag. */
  readonly revision?: string;
  /** No upstream image under this reference does the same: it is built whatever the source. */
  readonly ours?: true;
}

// kube-*: static pods of kubeadm read keys that only root may read; upstream's images run as root too.
const kubernetes = (name: string, more: Partial<ImageSpec> = {}): ImageSpec => ({
  name,
  repository: `registry.k8s.io/${name}`,
  component: 'kubernetes',
  binary: 'kubernetes',
  path: `/usr/local/bin/${name}`,
  user: '0',
  ...more,
});

const sidecar = (name: string, component: string): ImageSpec => ({
  name,
  repository: `registry.k8s.io/sig-storage/${name}`,
  component,
  binary: name,
  path: `/${name}`,
});

const specs: readonly ImageSpec[] = [
  kubernetes('kube-apiserver'),
  kubernetes('kube-controller-manager'),
  kubernetes('kube-scheduler'),
  kubernetes('kube-proxy', { base: 'firewall', preload: true }),
  // Kamaji's init container copies database certificates with `sh -c "cp … && chmod …"` in the kine image.
  {
    name: 'kine',
    repository: 'docker.io/rancher/kine',
    component: 'kine',
    binary: 'kine',
    path: '/bin/kine',
    base: 'shell',
    // Upstream's loses writes that it has acknowledged (ADR 0014), so it must not be taken for ours.
    revision: '-matryoshka.1',
    ours: true,
  },
  {
    name: 'konnectivity-server',
    repository: 'registry.k8s.io/kas-network-proxy/proxy-server',
    component: 'konnectivity',
    binary: 'proxy-server',
    path: '/proxy-server',
  },
  {
    name: 'konnectivity-agent',
    repository: 'registry.k8s.io/kas-network-proxy/proxy-agent',
    component: 'konnectivity',
    binary: 'proxy-agent',
    path: '/proxy-agent',
    preload: true,
  },
  // Binds port 53; kubeadm's Deployment drops every capability but NET_BIND_SERVICE, which only root gets without file capabilities.
  {
    name: 'coredns',
    repository: 'registry.k8s.io/coredns/coredns',
    component: 'coredns',
    binary: 'coredns',
    path: '/coredns',
    user: '0',
    preload: true,
  },
  {
    name: 'flannel',
    repository: 'ghcr.io/flannel-io/flannel',
    component: 'flannel',
    binary: 'flanneld',
    path: '/opt/bin/flanneld',
    user: '0',
    base: 'firewall',
    preload: true,
    // A main program of ours, which writes the CNI configuration too.
    ours: true,
  },
  {
    name: 'openstack-cloud-controller-manager',
    repository: 'registry.k8s.io/provider-os/openstack-cloud-controller-manager',
    component: 'cloud-provider-openstack',
    binary: 'openstack-cloud-controller-manager',
    path: '/bin/openstack-cloud-controller-manager',
  },
  // Formats and mounts disks on the nodes.
  {
    name: 'cinder-csi-plugin',
    repository: 'registry.k8s.io/provider-os/cinder-csi-plugin',
    component: 'cloud-provider-openstack',
    binary: 'cinder-csi-plugin',
    path: '/bin/cinder-csi-plugin',
    user: '0',
    base: 'storage',
    preload: true,
  },
  // Makes its socket in a folder of the kubelet.
  {
    name: 'csi-node-driver-registrar',
    repository: 'registry.k8s.io/sig-storage/csi-node-driver-registrar',
    component: 'csi-node-driver-registrar',
    binary: 'csi-node-driver-registrar',
    path: '/csi-node-driver-registrar',
    user: '0',
    preload: true,
  },
  ...['csi-provisioner', 'csi-attacher', 'csi-resizer', 'csi-snapshotter'].map((name) => sidecar(name, name)),
  sidecar('snapshot-controller', 'csi-snapshotter'),
  // Upstream publishes no image of this commit.
  {
    name: 'kamaji',
    repository: 'docker.io/clastix/kamaji',
    component: 'kamaji',
    binary: 'kamaji',
    path: '/manager',
    ours: true,
  },
  {
    name: 'kamaji-provider',
    repository: 'docker.io/clastix/cluster-api-control-plane-provider-kamaji',
    component: 'kamaji-provider',
    binary: 'kamaji-provider',
    path: '/manager',
  },
  {
    name: 'cluster-api',
    repository: 'registry.k8s.io/cluster-api/cluster-api-controller',
    component: 'cluster-api',
    binary: 'cluster-api',
    path: '/manager',
  },
  {
    name: 'kubeadm-bootstrap',
    repository: 'registry.k8s.io/cluster-api/kubeadm-bootstrap-controller',
    component: 'cluster-api',
    binary: 'kubeadm-bootstrap',
    path: '/manager',
  },
  {
    name: 'capo',
    repository: 'registry.k8s.io/capi-openstack/capi-openstack-controller',
    component: 'capo',
    binary: 'capo',
    path: '/manager',
  },
  {
    name: 'orc',
    repository: 'quay.io/orc/openstack-resource-controller',
    component: 'orc',
    binary: 'orc',
    path: '/manager',
  },
  // One program under the tags that the Kubernetes minors ask for (kubeadm's constants.go: 1.35 3.10.1, 1.36 3.10.2).
  {
    name: 'pause',
    repository: 'registry.k8s.io/pause',
    component: 'pause',
    binary: 'pause',
    path: '/pause',
    user: '65535',
    preload: true,
    tags: ['3.10.2', '3.10.1', '3.10'],
  },
  // Debian's busybox under the name and version that upstream has: for the first workload of a new cluster.
  {
    name: 'busybox',
    repository: 'docker.io/library/busybox',
    component: null,
    binary: null,
    path: '/bin/sh',
    base: 'busybox',
    tags: ['1.35.0'],
  },
];

/** Every image that a platform with this Kubernetes version needs; an image with several tags is listed once per tag. */
export function imageList(kubernetesVersion: string = defaultKubernetesVersion): readonly Image[] {
  return specs.flatMap((spec) => {
    const { name, component, binary, path } = spec;
    const version =
      component === null
        ? (spec.tags?.[0] ?? 'latest')
        : chooseVersion(findComponent(component), component === 'kubernetes' ? kubernetesVersion : undefined);
    return (spec.tags ?? [`${version}${spec.revision ?? ''}`]).map((tag) => ({
      name,
      ref: `${spec.repository}:${tag}`,
      repository: spec.repository.slice(spec.repository.indexOf('/') + 1),
      tag,
      component,
      version,
      binary,
      path,
      user: spec.user ?? '65532',
      base: spec.base ?? 'plain',
      preload: spec.preload ?? false,
      ours: spec.ours ?? false,
    }));
  });
}

/**
 * Where machines get images from: `build` = ours, from the local registry; `upstream` = from upstream's registries, but for the few that only
 * we can build (not tested here: this machine reaches none of them). References are upstream's in both cases.
 */
export type ImageSource = 'build' | 'upstream';

/** Images to pack and push. */
export function imagesToBuild(source: ImageSource, kubernetesVersion?: string): readonly Image[] {
  return imageList(kubernetesVersion).filter(({ ours }) => ours || source === 'build');
}

/** Components to build, as `name` or `name@version`: those of the images, and Kubernetes, whose programs hosts and worker images need. */
export function componentsToBuild(
  source: ImageSource,
  kubernetesVersion: string = defaultKubernetesVersion,
): readonly string[] {
  const wanted = new Set(imagesToBuild(source, kubernetesVersion).map(({ component }) => component));
  return listComponents()
    .filter(({ name }) => name === 'kubernetes' || wanted.has(name))
    .map(({ name }) => (name === 'kubernetes' ? `${name}@${kubernetesVersion}` : name));
}

/** Full upstream reference of an image by its short name (`kine`, `kube-proxy`, `flannel`…). */
export function imageRef(name: string, kubernetesVersion?: string): string {
  const found = imageList(kubernetesVersion).find((image) => image.name === name);
  if (found === undefined) throw new Error(`no image ${name}`);
  return found.ref;
}
