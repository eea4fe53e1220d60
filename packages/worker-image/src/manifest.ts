import { debianRelease } from './packages.ts';

/** One file of an image. */
export interface Artefact {
  readonly sizeBytes: number;
  readonly sha256: string;
  /** `name<tab>version` of each Debian package. */
  readonly debianPackages: readonly string[];
}

/** What an image is made of, beside it as `manifest.json`. */
export interface Manifest {
  /** To be set on the Glance image. */
  readonly properties: Readonly<Record<string, string>>;
  readonly inputs: {
    readonly imageFormat: number;
    readonly kubernetesVersion: string;
    readonly kubernetes: string;
    readonly images: Readonly<Record<string, string>>;
    readonly base: { readonly machine: string; readonly disk: string };
    readonly overlay: string;
    readonly rendered: string;
    readonly registryMirror: string | null;
    readonly diskRegistryMirror: string | null;
    readonly registryPrefix: string | null;
  };
  readonly rootfs: Artefact;
  readonly qcow2?: Artefact;
}

/** Folders that containers and pods live in; an overlay cannot lie on an overlay. */
export const plainDirs: readonly string[] = ['/var/lib/containerd', '/var/lib/kubelet'];

/** Image properties by which the service finds the image of a version, and pocket cloud knows how to start it. */
export function glanceProperties(kubernetesVersion: string): Readonly<Record<string, string>> {
  return {
    kubernetes_version: kubernetesVersion,
    os_type: 'linux',
    os_distro: 'debian',
    os_version: debianRelease.version,
    pocket_plain_dirs: plainDirs.join(','),
  };
}
