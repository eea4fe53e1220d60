import { buildComponents, componentsToBuild, imagesToBuild, packImages, pushImages } from '@matryoshka/components';
import { hasErrnoCode, TypedError } from '@matryoshka/system';
import type { PlatformStep } from '../context.ts';
import { formatDuration } from '../flow/progress.ts';

/** Builds every component of the pinned list; a warm cache answers in a moment. */
export function componentsStep(after: readonly string[]): PlatformStep {
  return {
    id: 'components',
    title: 'components',
    after,
    // The builder itself knows what its cache lacks.
    check: async () => false,
    apply: async ({ config }, { signal, report }) => {
      await buildComponents({
        names: componentsToBuild(config.images, config.kubernetesVersion),
        signal,
        onProgress: (progress) =>
          report(
            `${progress.component} ${progress.version} ${progress.state} (${progress.done} of ${progress.total}, about ${formatDuration(progress.remainingMs)} left)`,
          ),
      });
    },
  };
}

/** Packs the components as images and puts them into the registry under their upstream names; sends only what is absent there. */
export function imagesStep(after: readonly string[]): PlatformStep {
  return {
    id: 'images',
    title: 'container images',
    after,
    check: async () => false,
    apply: async ({ config }, { signal, report }) => {
      report('packing');
      const images = await packImages(imagesToBuild(config.images, config.kubernetesVersion));
      const registry = `${config.network.address}:${config.ports.registry}`;
      try {
        await pushImages({
          registry,
          images,
          signal,
          onProgress: ({ image, done, total }) => report(`${image} (${done} of ${total})`),
        });
      } catch (error) {
        if (hasErrnoCode(error, 'ECONNREFUSED', 'ETIMEDOUT', 'UND_ERR_SOCKET'))
          throw new TypedError(`The image registry at ${registry} cannot be reached`, {
            code: 'registry_unreachable',
            next: 'Run the same command again; if it fails again, read logs/registry.log in the data directory.',
            cause: error,
          });
        throw error;
      }
    },
  };
}
