import { type Cloud, type Image, isOpenStackError } from '@matryoshka/openstack';
import { buildWorkerImage, type WorkerImage } from '@matryoshka/worker-image';
import type { PlatformConfig } from '../config.ts';
import type { PlatformStep } from '../context.ts';
import { adminCloud } from './pocket-cloud.ts';

/** Property that tells which build an image holds. */
const hashProperty = 'matryoshka_sha256';

/** Name by which the service finds the image of a Kubernetes version. */
export function workerImageName(kubernetesVersion: string): string {
  return `matryoshka-worker-${kubernetesVersion}`;
}

async function build(
  config: PlatformConfig,
  signal: AbortSignal,
  report?: (detail: string) => void,
): Promise<WorkerImage> {
  return await buildWorkerImage({
    kubernetesVersion: config.kubernetesVersion,
    registryMirror: `http://${config.network.address}:${config.ports.registry}`,
    registryPrefix: config.registryPrefix,
    imageSource: config.images,
    signal,
    onProgress: (step, detail) => report?.(detail === undefined ? step : `${step}: ${detail}`),
  });
}

export function workerImageStep(after: readonly string[]): PlatformStep {
  return {
    id: 'worker-image',
    title: 'worker image',
    after,
    // The builder itself knows what its cache lacks.
    check: async () => false,
    apply: async ({ config }, { signal, report }) => {
      await build(config, signal, report);
    },
  };
}

/** Puts the worker image into Glance unless this very build is there, then removes older builds that no server lies on any more. */
export function glanceStep(after: readonly string[]): PlatformStep {
  return {
    id: 'glance',
    title: 'worker image in Glance',
    after,
    check: async ({ config, secrets }, { signal }) => {
      const image = await build(config, signal);
      const images = await named(adminCloud(config, secrets), workerImageName(config.kubernetesVersion), signal);
      return images.length === 1 && images.some((one) => isBuild(one, image.manifest.rootfs.sha256));
    },
    apply: async ({ config, secrets }, { signal, report }) => {
      const image = await build(config, signal, report);
      await ensureUploaded(adminCloud(config, secrets), config, image, signal, report);
    },
  };
}

/**
 * One image has the name by which CAPO and the service look for it, at any moment: the new one gets it only when its data is there, and the
 * old one loses it first. What servers still lie on stays under another name until a later run finds it unused.
 */
async function ensureUploaded(
  cloud: Cloud,
  config: PlatformConfig,
  image: WorkerImage,
  signal: AbortSignal,
  report: (detail: string) => void,
): Promise<void> {
  const { sha256, sizeBytes } = image.manifest.rootfs;
  const name = workerImageName(config.kubernetesVersion);
  let current = (await named(cloud, name, signal)).find((one) => isBuild(one, sha256));
  if (current === undefined) {
    const created = await cloud.glance.images.create(
      {
        name: `${incoming}${name}`,
        disk_format: 'raw',
        container_format: 'bare',
        visibility: 'public',
        ...image.manifest.properties,
        [hashProperty]: sha256,
      },
      signal,
    );
    report(`uploading ${Math.round(sizeBytes / 2 ** 20)} MiB`);
    await cloud.glance.uploadFile(created.id, image.rootfs, signal);
    current = created;
  }
  for (const old of await named(cloud, name, signal))
    if (old.id !== current.id) await rename(cloud, old, `${replaced}${name}`, signal);
  if (current.name !== name) await rename(cloud, current, name, signal);
  // Also what a killed run left: an upload in state queued or saving, or one that never got its name.
  for (const left of [
    ...(await named(cloud, `${incoming}${name}`, signal)),
    ...(await named(cloud, `${replaced}${name}`, signal)),
  ])
    try {
      await cloud.glance.images.delete(left.id, signal);
    } catch (error) {
      if (!isOpenStackError(error, 409)) throw error;
    }
}

const incoming = 'incoming-';
const replaced = 'replaced-';

async function rename(cloud: Cloud, image: Image, name: string, signal: AbortSignal): Promise<void> {
  await cloud.glance.patch(image.id, [{ op: 'replace', path: '/name', value: name }], signal);
}

async function named(cloud: Cloud, name: string, signal: AbortSignal): Promise<readonly Image[]> {
  return await cloud.glance.images.list({ name }, signal);
}

function isBuild(image: Image, sha256: string): boolean {
  return image.status === 'active' && image[hashProperty] === sha256;
}
