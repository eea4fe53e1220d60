import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { acquireLock, hasErrnoCode, readFileIfExists, sleep, TypedError } from '@matryoshka/system';

/** `$MATRYOSHKA_CACHE_DIR/worker-image`, default `~/.cache/matryoshka/worker-image`. */
export function cacheRoot(): string {
  return join(process.env.MATRYOSHKA_CACHE_DIR ?? join(homedir(), '.cache', 'matryoshka'), 'worker-image');
}

/** Hash of anything that JSON can hold, independent of the order of object keys. 16 hex digits. */
export function keyOf(inputs: unknown): string {
  return createHash('sha256').update(canonical(inputs)).digest('hex').slice(0, 16);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`;
}

/** SHA-256 of a file, hex. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** SHA-256 over names, modes and contents of a folder. */
export async function sha256Folder(root: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((e) => !e.isDirectory()).map((e) => ({ path: join(e.parentPath, e.name), entry: e }));
  paths.sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, entry } of paths) {
    const content = entry.isSymbolicLink() ? await readlink(path) : await readFile(path);
    hash
      .update(`${relative(root, path)}\0`)
      .update(content)
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * Makes `<root>/<key>` once: `make` fills a private folder which is renamed into place, so that a reader sees all or nothing.
 * Two builds of one key wait for each other; what a killed build left is removed.
 */
export async function publishOnce(
  folder: string,
  isComplete: (folder: string) => Promise<boolean>,
  make: (work: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  if (await isComplete(folder)) return;
  await mkdir(dirname(folder), { recursive: true });
  const lock = await lockPatiently(`${folder}.lock`, signal);
  try {
    if (await isComplete(folder)) return;
    const prefix = `${folder}.work-`;
    for (const name of await readdir(dirname(folder)))
      if (join(dirname(folder), name).startsWith(prefix))
        await rm(join(dirname(folder), name), { recursive: true, force: true });
    const work = `${prefix}${randomBytes(4).toString('hex')}`;
    await mkdir(work, { mode: 0o755 });
    try {
      await make(work);
      await rm(folder, { recursive: true, force: true });
      await rename(work, folder);
    } catch (error) {
      throw noSpace(error, folder);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  } finally {
    await lock.release();
  }
}

async function lockPatiently(path: string, signal?: AbortSignal): Promise<{ release(): Promise<void> }> {
  for (;;) {
    try {
      return await acquireLock(path, 'worker image build');
    } catch (error) {
      if (!(error instanceof TypedError && error.code === 'locked')) throw error;
      await sleep(500, signal);
    }
  }
}

function noSpace(error: unknown, folder: string): unknown {
  const full =
    hasErrnoCode(error, 'ENOSPC') || (error instanceof Error && /No space left on device/.test(error.message));
  if (!full) return error;
  return new TypedError(`The disk of ${dirname(folder)} is full: a worker image build needs 6 GB`, {
    code: 'disk_full',
    actor: 'provider',
    next: 'Free space, or set MATRYOSHKA_CACHE_DIR to another disk.',
    cause: error,
  });
}

/** A JSON file, or undefined where there is none or it is damaged. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readFileIfExists(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
