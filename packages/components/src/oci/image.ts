import { type Descriptor, type Layer, putBlob } from './store.ts';

export interface ImageConfig {
  /** `65532`, or `0` where the program needs root. */
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Writes configuration and manifest of an image (OCI image specification v1) into the cache; the digest depends on the content alone. */
export async function writeImage(
  config: ImageConfig,
  layers: readonly Layer[],
): Promise<{ readonly descriptor: Descriptor; readonly manifest: Manifest }> {
  const body = {
    architecture: architectures[process.arch] ?? process.arch,
    os: 'linux',
    config: {
      User: config.user,
      Entrypoint: config.entrypoint,
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      WorkingDir: '/',
      Labels: config.labels,
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'matryoshka' })),
  };
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: await putBlob(Buffer.from(JSON.stringify(body)), 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  };
  return { descriptor: await putBlob(Buffer.from(JSON.stringify(manifest)), manifest.mediaType), manifest };
}
