import type { ImageSource } from '@matryoshka/components';
import { TypedError } from '@matryoshka/system';

export type WorkerImageFormat = 'rootfs' | 'qcow2';

/** Container images that every machine has before it first asks for them. */
export interface PreloadedImages {
  /** OCI archive (tar) on this machine; each image in it carries its name in the annotation `io.containerd.image.name`. */
  readonly archive: string;
  /** Upstream names of the images in it, exactly as kubelet will ask for them, for example `registry.k8s.io/pause:3.10`. */
  readonly refs: readonly string[];
}

export interface BuildWorkerImageOptions {
  /** For example `v1.36.3`. */
  readonly kubernetesVersion: string;
  /** Default `['rootfs']`. */
  readonly formats?: readonly WorkerImageFormat[];
  /** The all-in-one Kubernetes binary of that version (dispatches on argv[0]); default: the built component. */
  readonly kubernetesBinary?: string;
  /** Default: what the components package says every node needs. */
  readonly images?: readonly PreloadedImages[];
  /** Default: the pause image of the components package. */
  readonly sandboxImage?: string;
  /** Mirror of the upstream registries written into the root file system; default `http://172.29.0.1:5050`, null for none. */
  readonly registryMirror?: string | null;
  /** The same for the disk image, which is made for other clouds; default null. */
  readonly diskRegistryMirror?: string | null;
  /** Which of those images are ours and can be preloaded; default `build`: all of them. */
  readonly imageSource?: ImageSource;
  /** Asked after the mirror and before the upstream registries, e.g. `mirror.example/proxy`: it serves `<prefix>/<upstream host>/<repository>`. */
  readonly registryPrefix?: string | null;
  readonly onProgress?: (step: WorkerImageStep, detail?: string) => void;
  readonly signal?: AbortSignal;
}

export type WorkerImageStep = 'cached' | 'debian' | 'kubernetes' | 'images' | 'squashfs' | 'disk' | 'done';

/** Refuses what cannot make an image, before anything is built. */
export function checkOptions(options: BuildWorkerImageOptions): void {
  if (!/^v1\.\d+\.\d+$/.test(options.kubernetesVersion))
    throw invalid(`Kubernetes version ${options.kubernetesVersion} is not of the form v1.36.3`);
  for (const format of options.formats ?? [])
    if (format !== 'rootfs' && format !== 'qcow2')
      throw invalid(`Image format ${String(format)} is not rootfs or qcow2`);
  for (const ref of (options.images ?? []).flatMap(({ refs }) => refs))
    if (!/^[a-z0-9.-]+\.[a-z]+\/[a-z0-9._/-]+:[\w.-]+$/.test(ref))
      throw invalid(`Container image ${ref} is not a full reference (host/name:tag)`);
  for (const mirror of [options.registryMirror, options.diskRegistryMirror])
    if (typeof mirror === 'string' && !/^https?:\/\/[\w.:[\]-]+$/.test(mirror))
      throw invalid(`Registry mirror ${mirror} is not of the form http://address:port`);
  const { registryPrefix } = options;
  if (typeof registryPrefix === 'string' && !/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/.test(registryPrefix))
    throw invalid(`Registry prefix ${registryPrefix} is not of the form host/path`);
}

function invalid(message: string): TypedError {
  return new TypedError(message, { code: 'worker_image_options', actor: 'user', next: 'Correct the value.' });
}
