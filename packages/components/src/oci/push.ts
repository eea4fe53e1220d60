import { errorMessage, TypedError } from '@matryoshka/system';
import type { Manifest } from './image.ts';
import { type Descriptor, getBlob } from './store.ts';

export interface PushTarget {
  /** host:port of a registry that speaks plain HTTP. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  readonly signal?: AbortSignal;
}

export interface PushCounts {
  readonly uploadedBlobs: number;
  readonly uploadedManifests: number;
}

/**
 * Pushes an image of the cache by the OCI distribution specification v1.1: blobs that the registry has (HEAD) are not sent, nor is a manifest whose digest the
 * tag already has. Throws TypedError `registry_unreachable` or `registry_refused`.
 */
export async function pushImage(
  target: PushTarget,
  image: { readonly descriptor: Descriptor; readonly manifest: Manifest },
): Promise<PushCounts> {
  let uploadedBlobs = 0;
  const manifests = `/v2/${target.repository}/manifests/${target.tag}`;
  const head = await call(target, manifests, { method: 'HEAD', headers: { accept: image.manifest.mediaType } });
  if (head.status === 200 && head.headers.get('docker-content-digest') === image.descriptor.digest)
    return { uploadedBlobs, uploadedManifests: 0 };
  for (const blob of [image.manifest.config, ...image.manifest.layers])
    if (await pushBlob(target, blob)) uploadedBlobs += 1;
  const body = await getBlob(image.descriptor.digest);
  const headers = { 'content-type': image.manifest.mediaType };
  await expectStatus(
    await call(target, manifests, { method: 'PUT', headers, body: new Uint8Array(body) }),
    target,
    201,
  );
  return { uploadedBlobs, uploadedManifests: 1 };
}

async function pushBlob(target: PushTarget, blob: Descriptor): Promise<boolean> {
  const base = `/v2/${target.repository}/blobs`;
  if ((await call(target, `${base}/${blob.digest}`, { method: 'HEAD' })).status === 200) return false;
  const started = await expectStatus(await call(target, `${base}/uploads/`, { method: 'POST' }), target, 202);
  const location = new URL(started.headers.get('location') ?? '', `http://${target.registry}`);
  location.searchParams.set('digest', blob.digest);
  const body = new Uint8Array(await getBlob(blob.digest));
  const headers = { 'content-type': 'application/octet-stream' };
  const path = `${location.pathname}${location.search}`;
  await expectStatus(await call(target, path, { method: 'PUT', headers, body }), target, 201);
  return true;
}

async function call(target: PushTarget, path: string, init: RequestInit): Promise<Response> {
  try {
    const signal = target.signal === undefined ? {} : { signal: target.signal };
    return await fetch(`http://${target.registry}${path}`, { ...init, ...signal });
  } catch (error) {
    target.signal?.throwIfAborted();
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new TypedError(`the registry ${target.registry} does not answer: ${errorMessage(cause)}`, {
      code: 'registry_unreachable',
      next: 'Start the registry (kaas up), then run again.',
      cause: error,
    });
  }
}

async function expectStatus(response: Response, target: PushTarget, status: number): Promise<Response> {
  if (response.status === status) return response;
  const text = (await response.text()).slice(0, 300);
  const where = `${target.registry}/${target.repository}:${target.tag}`;
  throw new TypedError(`the registry refused ${where}: ${response.status} ${text}`, {
    code: 'registry_refused',
    next: 'Look into the log of the registry; a full disk is the usual cause.',
  });
}
