import type { Cloud, Image } from '@matryoshka/openstack';
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

/** Puts the worker image into Glance unless this very build is there, then removes older builds that no server can start from any more. */
export function glanceStep(after: readonly string[]): PlatformStep {
  return {
    id: 'glance',
    title: 'worker image in Glance',
    after,
    check: async ({ config, secrets }, { signal }) => {
      const image = await build(config, signal);
      return (
        (await findUploaded(adminCloud(config, secrets), config, image.manifest.rootfs.sha256, signal)) !== undefined
      );
    },
    apply: async ({ config, secrets }, { signal, report }) => {
      const image = await build(config, signal, report);
      await ensureUploaded(adminCloud(config, secrets), config, image, signal, report);
    },
  };
}

async function ensureUploaded(
  cloud: Cloud,
  config: PlatformConfig,
  image: WorkerImage,
  signal: AbortSignal,
  report: (detail: string) => void,
): Promise<void> {
  const { sha256, sizeBytes } = image.manifest.rootfs;
  let current = await findUploaded(cloud, config, sha256, signal);
  if (current === undefined) {
    const created = await cloud.glance.images.create(
      {
        name: workerImageName(config.kubernetesVersion),
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
  // Also what an upload that was killed left behind in state queued or saving.
  for (const other of await named(cloud, config, signal))
    if (other.id !== current.id) await cloud.glance.images.delete(other.id, signal);
}

async function named(cloud: Cloud, config: PlatformConfig, signal: AbortSignal): Promise<readonly Image[]> {
  return await cloud.glance.images.list({ name: workerImageName(config.kubernetesVersion) }, signal);
}

async function findUploaded(
  cloud: Cloud,
  config: PlatformConfig,
  sha256: string,
  signal: AbortSignal,
): Promise<Image | undefined> {
  return (await named(cloud, config, signal)).find(
    (image) => image.status === 'active' && image[hashProperty] === sha256,
  );
}
