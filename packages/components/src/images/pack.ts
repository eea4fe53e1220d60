import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { markUsed, removeUnused, TypedError } from '@matryoshka/system';
import { builtBinary } from '../binaries.ts';
import { hashFile } from '../build/result.ts';
import { type ArchiveImage, writeImageArchive } from '../oci/archive.ts';
import { type HostPrograms, hostLayerInput } from '../oci/host-files.ts';
import { writeImage } from '../oci/image.ts';
import { type PushCounts, pushImage } from '../oci/push.ts';
import { type Layer, packLayer } from '../oci/store.ts';
import { cacheDir } from '../paths.ts';
import { type Image, type ImageBase, type ImageSource, imageList, imagesToBuild } from './list.ts';

export type PackedImage = Image & ArchiveImage;

/** An archive is half of what a worker image is made of, and there is one for every change of a component. */
const keepUnusedMs = 30 * 24 * 3600_000;
const certificates = '/etc/ssl/certs/ca-certificates.crt';

const hostPrograms: Readonly<Record<Exclude<ImageBase, 'plain'>, HostPrograms>> = {
  shell: {
    programs: { 'bin/dash': '/bin/dash', 'bin/cp': '/bin/cp', 'bin/chmod': '/bin/chmod' },
    links: { 'bin/sh': 'dash' },
  },
  firewall: {
    programs: { 'usr/sbin/nft': '/usr/sbin/nft', 'usr/sbin/xtables-nft-multi': '/usr/sbin/xtables-nft-multi' },
    links: Object.fromEntries(
      ['iptables', 'ip6tables'].flatMap((name) =>
        ['', '-save', '-restore'].map((suffix) => [`usr/sbin/${name}${suffix}`, 'xtables-nft-multi']),
      ),
    ),
    plugins: ['/usr/lib/x86_64-linux-gnu/xtables'],
    // Without it nft lists protocols by number, and kube-proxy deletes the elements it has just added: their keys look foreign to it.
    data: { 'etc/protocols': '/etc/protocols' },
  },
  // What k8s.io/mount-utils calls for ext4 and xfs.
  storage: {
    programs: {
      'usr/bin/mount': '/usr/bin/mount',
      'usr/bin/umount': '/usr/bin/umount',
      'usr/bin/findmnt': '/usr/bin/findmnt',
      'usr/sbin/blkid': '/usr/sbin/blkid',
      'usr/sbin/blockdev': '/usr/sbin/blockdev',
      'usr/sbin/fsck': '/usr/sbin/fsck',
      'usr/sbin/e2fsck': '/usr/sbin/e2fsck',
      'usr/sbin/mke2fs': '/usr/sbin/mke2fs',
      'usr/sbin/dumpe2fs': '/usr/sbin/dumpe2fs',
      'usr/sbin/resize2fs': '/usr/sbin/resize2fs',
      'usr/sbin/mkfs.xfs': '/usr/sbin/mkfs.xfs',
      'usr/sbin/xfs_growfs': '/usr/sbin/xfs_growfs',
      'usr/sbin/xfs_io': '/usr/sbin/xfs_io',
      'usr/sbin/xfs_repair': '/usr/sbin/xfs_repair',
      'usr/bin/true': '/usr/bin/true',
    },
    links: {
      ...Object.fromEntries(
        ['ext2', 'ext3', 'ext4'].flatMap((type) => [
          [`usr/sbin/fsck.${type}`, 'e2fsck'],
          [`usr/sbin/mkfs.${type}`, 'mke2fs'],
        ]),
      ),
      // XFS checks itself when it is mounted; xfsprogs' own fsck.xfs does nothing but says so.
      'usr/sbin/fsck.xfs': '../bin/true',
    },
    data: { 'etc/mke2fs.conf': '/etc/mke2fs.conf' },
  },
  busybox: {
    programs: { 'bin/busybox': '/bin/busybox' },
    links: Object.fromEntries(
      [
        'sh',
        'cat',
        'date',
        'echo',
        'env',
        'hostname',
        'httpd',
        'id',
        'ls',
        'mkdir',
        'nc',
        'nslookup',
        'ping',
        'ps',
        'sleep',
        'wget',
      ].map((name) => [`bin/${name}`, 'busybox']),
    ),
  },
};

/** Packs the built binaries into OCI images in the cache. Throws TypedError `not_built`, `program_missing`. */
export async function packImages(images: readonly Image[] = imageList()): Promise<readonly PackedImage[]> {
  const packed: PackedImage[] = [];
  for (const image of images) {
    const layers = [await certificateLayer()];
    if (image.base !== 'plain') {
      const { key, entries } = await hostLayerInput(hostPrograms[image.base]);
      layers.push(await packLayer(`${image.base} ${key}`, entries));
    }
    if (image.binary !== null) layers.push(await binaryLayer(image, image.binary));
    const written = await writeImage(
      {
        user: image.user,
        entrypoint: [image.path],
        labels: { 'org.opencontainers.image.title': image.name, 'org.opencontainers.image.version': image.version },
      },
      layers,
    );
    packed.push({ ...image, ...written });
  }
  return packed;
}

async function certificateLayer(): Promise<Layer> {
  const data = await readFile(certificates).catch((error: unknown) => {
    throw new TypedError(`${certificates} is not on this machine`, {
      code: 'program_missing',
      next: 'Install the Debian package ca-certificates.',
      cause: error,
    });
  });
  return await packLayer(`certificates ${await hashFile(certificates)}`, async () => [
    { path: certificates.slice(1), mode: 0o644, data },
    { path: 'tmp', mode: 0o1777 },
  ]);
}

// The four Kubernetes images share one layer: the same binary with all its names.
async function binaryLayer(image: Image, binary: string): Promise<Layer> {
  const { path: file, sha256 } = await builtBinary(binary, image.version);
  const shared = binary === 'kubernetes';
  const path = shared ? 'usr/local/bin/kubernetes' : image.path.slice(1);
  const names = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'];
  return await packLayer(`binary ${path} ${sha256}`, async () => [
    { path, mode: 0o755, data: await readFile(file) },
    ...(shared ? names.map((name) => ({ path: `usr/local/bin/${name}`, mode: 0o777, target: 'kubernetes' })) : []),
  ]);
}

export interface PushOptions {
  /** host:port, plain HTTP. */
  readonly registry: string;
  readonly images: readonly PackedImage[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly image: string; readonly done: number; readonly total: number }) => void;
}

/** Pushes what the registry does not have yet; pushing again sends nothing. */
export async function pushImages(options: PushOptions): Promise<PushCounts> {
  let [uploadedBlobs, uploadedManifests, done] = [0, 0, 0];
  for (const image of options.images) {
    options.signal?.throwIfAborted();
    const { repository, tag } = image;
    const signal = options.signal === undefined ? {} : { signal: options.signal };
    const counts = await pushImage({ registry: options.registry, repository, tag, ...signal }, image);
    uploadedBlobs += counts.uploadedBlobs;
    uploadedManifests += counts.uploadedManifests;
    done += 1;
    options.onProgress?.({ image: image.ref, done, total: options.images.length });
  }
  return { uploadedBlobs, uploadedManifests };
}

/** Packs what nodes preload (kube-proxy, CoreDNS, pause, flannel, konnectivity agent) and writes one archive for `ctr -n k8s.io images import`. Resolves with its path and the references in it. */
export async function preloadArchive(
  kubernetesVersion?: string,
  source: ImageSource = 'build',
): Promise<{ readonly archive: string; readonly refs: readonly string[] }> {
  const images = await packImages(imagesToBuild(source, kubernetesVersion).filter((image) => image.preload));
  // Named by what is in it, so that one that was written before is not written again.
  const content = images.map(({ ref, descriptor }) => `${ref} ${descriptor.digest}`).sort();
  const key = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
  const archive = join(cacheDir(), 'images', `preload-${key}.tar`);
  if ((await stat(archive).catch(() => undefined)) === undefined) await writeImageArchive(images, archive);
  await markUsed(archive);
  await removeUnused(join(cacheDir(), 'images'), /^preload-[0-9a-f]{16}\.tar$/, keepUnusedMs);
  return { archive, refs: images.map(({ ref }) => ref) };
}
