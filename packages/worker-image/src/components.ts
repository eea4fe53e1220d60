import { componentBinary, imageRef, preloadArchive } from '@matryoshka/components';
import type { BuildWorkerImageOptions, PreloadedImages } from './options.ts';

/** Options with everything that the caller left to us. */
export type CompleteOptions = BuildWorkerImageOptions & {
  readonly kubernetesBinary: string;
  readonly images: readonly PreloadedImages[];
  readonly sandboxImage: string;
};

/** Takes what is not given from the components built on this machine. Throws their `not_built` where one is missing. */
export async function withComponents(options: BuildWorkerImageOptions): Promise<CompleteOptions> {
  const version = options.kubernetesVersion;
  return {
    ...options,
    kubernetesBinary: options.kubernetesBinary ?? (await componentBinary('kubernetes', version)),
    images: options.images ?? [await preloadArchive(version, options.imageSource)],
    sandboxImage: options.sandboxImage ?? imageRef('pause', version),
  };
}
