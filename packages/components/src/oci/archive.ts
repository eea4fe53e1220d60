import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Manifest } from './image.ts';
import { type Descriptor, getBlob } from './store.ts';
import { type TarEntry, tar } from './tar.ts';

export interface ArchiveImage {
  /** Full reference under which containerd shall know the image. */
  readonly ref: string;
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
}

/** Writes one OCI archive with all images (`ctr -n k8s.io images import FILE`); blobs that images share are in it once. */
export async function writeImageArchive(images: readonly ArchiveImage[], file: string): Promise<void> {
  const digests = new Set<string>();
  for (const { descriptor, manifest } of images)
    for (const { digest } of [descriptor, manifest.config, ...manifest.layers]) digests.add(digest);
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: images.map(({ ref, descriptor }) => ({
      ...descriptor,
      annotations: { 'io.containerd.image.name': ref, 'org.opencontainers.image.ref.name': ref.split(':').at(-1) },
    })),
  };
  const small: TarEntry[] = [
    { path: 'oci-layout', mode: 0o644, data: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    { path: 'index.json', mode: 0o644, data: Buffer.from(JSON.stringify(index)) },
  ];
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  // One archive per part without its end mark, so that never more than one layer is in memory.
  const withoutEnd = (entries: readonly TarEntry[]): Buffer => tar(entries).subarray(0, -1024);
  const parts = async function* (): AsyncGenerator<Buffer> {
    yield withoutEnd(small);
    yield withoutEnd([{ path: 'blobs/sha256', mode: 0o755 }]);
    for (const digest of [...digests].sort()) {
      const path = `blobs/sha256/${digest.replace('sha256:', '')}`;
      const archive = withoutEnd([{ path, mode: 0o644, data: await getBlob(digest) }]);
      yield archive.subarray(2 * 512);
    }
    yield Buffer.alloc(1024);
  };
  try {
    await pipeline(Readable.from(parts()), createWriteStream(temporary));
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
