import { fileURLToPath } from 'node:url';
import { nodeProgram } from '@matryoshka/system';
import type { PreloadedImages } from './options.ts';
import { runIsolated } from './sandbox.ts';

const program = fileURLToPath(new URL('./preload-main.ts', import.meta.url));

/** What preload-main reads from its only argument. */
export interface PreloadJob {
  readonly root: string;
  readonly images: readonly PreloadedImages[];
}

/**
 * Unpacks container images into `<root>/var/lib/containerd` with the image's own containerd, in namespaces that die with us.
 * Resolves after containerd has ended cleanly.
 */
export async function preloadImages(job: PreloadJob, signal?: AbortSignal): Promise<void> {
  if (job.images.length === 0) return;
  await runIsolated(nodeProgram(program, JSON.stringify(job)), {
    ...(signal === undefined ? {} : { signal }),
  });
}
