import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { type Resource, resource } from '../transport/resource.ts';
import type { Session } from '../transport/session.ts';

export type ImageStatus =
  | 'queued'
  | 'saving'
  | 'uploading'
  | 'importing'
  | 'active'
  | 'killed'
  | 'deleted'
  | 'deactivated'
  | (string & {});

/** A Glance image; user-defined properties lie beside the fixed ones. */
export interface Image {
  readonly id: string;
  readonly name: string | null;
  readonly status: ImageStatus;
  readonly visibility: 'public' | 'private' | 'shared' | 'community';
  readonly disk_format: string | null;
  readonly container_format: string | null;
  readonly size: number | null;
  readonly checksum: string | null;
  readonly os_hash_algo?: string | null;
  readonly os_hash_value?: string | null;
  readonly owner: string;
  readonly protected: boolean;
  readonly tags: readonly string[];
  readonly created_at: string;
  readonly [property: string]: unknown;
}

export interface CreateImage {
  readonly name: string;
  readonly disk_format: 'raw' | 'qcow2' | (string & {});
  readonly container_format: 'bare' | (string & {});
  readonly visibility?: Image['visibility'];
  readonly min_disk?: number;
  readonly min_ram?: number;
  readonly tags?: readonly string[];
  readonly [property: string]: unknown;
}

/** JSON patch operations of Glance's own media type. */
export type ImagePatch =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** Glance v2. */
export interface Glance {
  readonly images: Omit<Resource<Image, CreateImage, never>, 'update'>;
  /** Changes attributes and properties. */
  patch(imageId: string, operations: readonly ImagePatch[], signal?: AbortSignal): Promise<Image>;
  /** Uploads the data of a queued image; `open` is asked for a fresh stream at every attempt. No time limit but silence. */
  upload(imageId: string, open: () => Readable, signal?: AbortSignal): Promise<void>;
  uploadFile(imageId: string, path: string, signal?: AbortSignal): Promise<void>;
}

export function glance(session: Session): Glance {
  const { update: _unused, ...images } = resource<Image, CreateImage, never>(session, {
    service: 'image',
    path: '/images',
    singular: null,
    plural: 'images',
  });
  const upload = async (imageId: string, open: () => Readable, signal?: AbortSignal): Promise<void> => {
    await session.call('image', 'PUT', `/images/${encodeURIComponent(imageId)}/file`, {
      body: open,
      headers: { 'content-type': 'application/octet-stream' },
      // The service answers only after it stored and hashed everything.
      timeoutMs: 600_000,
      signal,
    });
  };
  return {
    images,
    patch: async (imageId, operations, signal) =>
      JSON.parse(
        (
          await session.call('image', 'PATCH', `/images/${encodeURIComponent(imageId)}`, {
            body: () => JSON.stringify(operations),
            headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' },
            signal,
          })
        ).text,
      ) as Image,
    upload,
    uploadFile: async (imageId, path, signal) => await upload(imageId, () => createReadStream(path), signal),
  };
}
