import type { ProjectQuota } from '@matryoshka/domain';
import type { Cloud } from '@matryoshka/openstack';
import type { Logger } from '@matryoshka/system';
import { periodically } from '../periodically.ts';
import { lookAtQuota } from '../quota/quota.ts';

export interface CatalogueFlavor {
  readonly name: string;
  readonly flavorId: string;
  readonly vcpus: number;
  readonly ramMib: number;
  readonly diskGib: number;
}

export interface CatalogueVersion {
  readonly version: string;
  readonly imageName: string;
  readonly imageId: string;
}

/** Where the catalogue is kept for kaas-api, which never asks the cloud on a write. */
export interface CatalogueStore {
  replaceFlavors(flavors: readonly CatalogueFlavor[]): Promise<void>;
  replaceVersions(versions: readonly CatalogueVersion[]): Promise<void>;
  projects(): Promise<readonly string[]>;
  saveQuota(projectId: string, quota: ProjectQuota): Promise<void>;
}

const versionPattern = /^v\d+\.\d+\.\d+$/;

/** Copies flavors, worker images (as Kubernetes versions) and quotas of the projects in use from the cloud to the database. */
export async function syncCatalogue(
  cloud: Cloud,
  store: CatalogueStore,
  options: { readonly workerImagePrefix: string; readonly signal: AbortSignal },
): Promise<void> {
  const { signal, workerImagePrefix } = options;
  const flavors = await cloud.nova.flavors.list({}, signal);
  await store.replaceFlavors(
    flavors.map(({ id, name, vcpus, ram, disk }) => ({ name, flavorId: id, vcpus, ramMib: ram, diskGib: disk })),
  );
  const images = await cloud.glance.images.list({}, signal);
  await store.replaceVersions(
    images
      .filter(({ name, status }) => status === 'active' && name?.startsWith(workerImagePrefix) === true)
      .map((image) => ({
        version: String(image.kubernetes_version ?? image.name?.slice(workerImagePrefix.length) ?? ''),
        imageName: image.name ?? '',
        imageId: image.id,
      }))
      .filter(({ version }) => versionPattern.test(version)),
  );
  for (const projectId of await store.projects())
    await store.saveQuota(projectId, await lookAtQuota(cloud, projectId, signal));
}

/** Synchronises at once and then every interval until the signal aborts; a failure is logged and repeated. */
export async function runCatalogueSync(
  cloud: Cloud,
  store: CatalogueStore,
  options: {
    readonly workerImagePrefix: string;
    readonly intervalMs: number;
    readonly log: Logger;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { intervalMs, log, signal } = options;
  const failure = 'the catalogue could not be synchronised';
  await periodically(
    { intervalMs, retryMs: Math.min(2_000, intervalMs), failure, log, signal },
    async () => await syncCatalogue(cloud, store, options),
  );
}
