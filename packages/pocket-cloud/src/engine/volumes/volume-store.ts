import { mkdir, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrnoCode, run, TypedError } from '@matryoshka/system';

const gib = 1024 ** 3;

/** A block device of the host that shows a volume's bytes. */
export interface BlockDevice {
  readonly path: string;
  readonly major: number;
  readonly minor: number;
}

/** Where the bytes of a new volume come from; none = zeros. */
export type VolumeSource =
  | { readonly kind: 'blank' }
  /** Another volume or snapshot, byte for byte. */
  | { readonly kind: 'copy'; readonly id: string }
  /** A root filesystem (squashfs) that becomes an ext4 which machines can boot from. */
  | { readonly kind: 'image'; readonly file: string };

/** Volumes and snapshots as sparse files below one directory, shown to machines through loop devices. Every call may be repeated. */
export interface VolumeStore {
  create(id: string, sizeGib: number, source: VolumeSource): Promise<void>;
  /** Grows the file, and the device while one shows it. */
  extend(id: string, sizeGib: number): Promise<void>;
  /** The device that shows the volume, made when there is none. */
  device(id: string): Promise<BlockDevice>;
  /** Lets go of the device. One that is mounted somewhere goes with its last user (loop(4), autoclear). */
  release(id: string): Promise<void>;
  /** Removes device and file. */
  remove(id: string): Promise<void>;
  /** Ids of all files, unfinished ones excepted (those are removed). */
  ids(): Promise<readonly string[]>;
}

const fileOf = (directory: string, id: string): string => join(directory, `${id}.img`);

export function createVolumeStore(directory: string): VolumeStore {
  const release = async (id: string): Promise<void> => {
    for (const device of await devicesOf(fileOf(directory, id)))
      await run(['losetup', '--detach', device], { okCodes: 'any' });
  };
  return {
    create: async (id, sizeGib, source) => {
      const file = fileOf(directory, id);
      if (await exists(file)) return;
      await mkdir(directory, { recursive: true });
      const part = `${file}.part`;
      await rm(part, { force: true });
      try {
        await fill(part, sizeGib, source, directory);
        await rename(part, file);
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
    },
    extend: async (id, sizeGib) => {
      const file = fileOf(directory, id);
      if ((await stat(file)).size < sizeGib * gib) await truncate(file, sizeGib * gib);
      for (const device of await devicesOf(file)) await run(['losetup', '--set-capacity', device]);
    },
    device: async (id) => {
      const file = fileOf(directory, id);
      const [known] = await devicesOf(file);
      const path = known ?? (await run(['losetup', '--find', '--show', '--nooverlap', file])).stdout.trim();
      const minor = /^\/dev\/loop(\d+)$/.exec(path)?.[1];
      if (minor === undefined)
        throw new TypedError(`losetup answered "${path}" for volume ${id}`, { code: 'volume_device' });
      return { path, major: 7, minor: Number(minor) };
    },
    release,
    remove: async (id) => {
      await release(id);
      await rm(fileOf(directory, id), { force: true });
    },
    ids: async () => {
      const names = await readdir(directory).catch((error: unknown) => {
        if (hasErrnoCode(error, 'ENOENT')) return [];
        throw error;
      });
      for (const name of names.filter((each) => each.endsWith('.part'))) await discardPart(join(directory, name));
      return names.filter((name) => name.endsWith('.img')).map((name) => name.slice(0, -'.img'.length));
    },
  };
}

/** Lets go of every loop device below a directory, before it is removed. */
export async function releaseVolumes(directory: string): Promise<void> {
  const { stdout } = await run(['losetup', '--list', '--noheadings', '--output', 'NAME,BACK-FILE'], { okCodes: 'any' });
  for (const line of stdout.split('\n')) {
    const [device, ...file] = line.trim().split(/\s+/);
    if (device !== undefined && file.join(' ').startsWith(`${directory}/`))
      await run(['losetup', '--detach', device], { okCodes: 'any' });
  }
}

async function fill(file: string, sizeGib: number, source: VolumeSource, directory: string): Promise<void> {
  switch (source.kind) {
    case 'blank':
      await run(['truncate', '--size', String(sizeGib * gib), file]);
      return;
    case 'copy':
      await run(['cp', '--sparse=always', '--reflink=auto', fileOf(directory, source.id), file], {
        timeoutMs: 30 * 60_000,
      });
      if ((await stat(file)).size < sizeGib * gib) await truncate(file, sizeGib * gib);
      return;
    case 'image':
      await run(['truncate', '--size', String(sizeGib * gib), file]);
      await run(['mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=1,lazy_journal_init=1', file], {
        timeoutMs: 5 * 60_000,
      });
      await unpackInto(file, source.file);
  }
}

async function unpackInto(file: string, image: string): Promise<void> {
  const mount = `${file}.mount`;
  await mkdir(mount, { recursive: true });
  await run(['mount', '-o', 'loop', file, mount]);
  try {
    await run(['nice', '-n', '5', 'unsquashfs', '-no-progress', '-force', '-dest', mount, image], {
      timeoutMs: 15 * 60_000,
    });
  } finally {
    await run(['umount', mount]);
    await rm(mount, { recursive: true, force: true });
  }
}

/** What a crash left half-way: a file, or the directory on which one was mounted. */
async function discardPart(path: string): Promise<void> {
  await run(['umount', '--lazy', `${path}.mount`], { okCodes: 'any' });
  await rm(`${path}.mount`, { recursive: true, force: true });
  await rm(path, { recursive: true, force: true });
}

async function devicesOf(file: string): Promise<readonly string[]> {
  const { stdout } = await run(['losetup', '--associated', file, '--noheadings', '--output', 'NAME'], {
    okCodes: 'any',
  });
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (hasErrnoCode(error, 'ENOENT')) return false;
    throw error;
  }
}
