import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { readFileIfExists, writeFileAtomic } from '@matryoshka/system';
import { cacheDir } from '../paths.ts';
import { type TarEntry, tar } from './tar.ts';

/** A content descriptor of the OCI image specification. */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:<hex>`. */
  readonly digest: string;
  readonly size: number;
}

export interface Layer extends Descriptor {
  /** Digest of the uncompressed archive, as the image configuration wants it. */
  readonly diffId: string;
}

export const sha256 = (data: Uint8Array): string => `sha256:${createHash('sha256').update(data).digest('hex')}`;

/** Where a blob lies in the cache. */
export const blobPath = (digest: string): string =>
  join(cacheDir(), 'images', 'blobs', 'sha256', digest.replace('sha256:', ''));

/** Puts a blob into the cache and describes it. */
export async function putBlob(data: Uint8Array, mediaType: string): Promise<Descriptor> {
  const digest = sha256(data);
  const size = (await stat(blobPath(digest)).catch(() => undefined))?.size;
  if (size !== data.length) await writeFileAtomic(blobPath(digest), data);
  return { mediaType, digest, size: data.length };
}

/** The bytes of a blob of the cache. */
export const getBlob = async (digest: string): Promise<Buffer> => await readFile(blobPath(digest));

const compress = promisify(gzip);

/** Packs entries into a compressed layer. `inputKey` names their content: what was packed before under this key is not read and packed again. */
export async function packLayer(inputKey: string, entries: () => Promise<readonly TarEntry[]>): Promise<Layer> {
  const record = join(cacheDir(), 'images', 'layers', `${sha256(Buffer.from(inputKey)).slice(7, 39)}.json`);
  const known = await readFileIfExists(record);
  if (known !== undefined) {
    const layer = JSON.parse(known) as Layer;
    if ((await stat(blobPath(layer.digest)).catch(() => undefined))?.size === layer.size) return layer;
  }
  const archive = tar(await entries());
  const blob = await putBlob(await compress(archive, { level: 5 }), 'application/vnd.oci.image.layer.v1.tar+gzip');
  const layer: Layer = { ...blob, diffId: sha256(archive) };
  await writeFileAtomic(record, JSON.stringify(layer));
  return layer;
}
