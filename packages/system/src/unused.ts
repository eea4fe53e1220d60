import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrnoCode } from './errors.ts';

/** Notes that a file or folder of a cache is in use now: {@link removeUnused} spares it. Nothing happens when it is not there. */
export async function markUsed(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch((error: unknown) => {
    if (!hasErrnoCode(error, 'ENOENT')) throw error;
  });
}

/** Removes the entries of a folder whose name matches and that were not marked for `maxAgeMs` milliseconds. Resolves with their names. */
export async function removeUnused(folder: string, name: RegExp, maxAgeMs: number): Promise<readonly string[]> {
  const removed: string[] = [];
  const entries = await readdir(folder).catch((error: unknown) => {
    if (hasErrnoCode(error, 'ENOENT')) return [];
    throw error;
  });
  for (const entry of entries.filter((one) => name.test(one))) {
    const path = join(folder, entry);
    const info = await stat(path).catch(() => undefined);
    if (info === undefined || Date.now() - info.mtimeMs < maxAgeMs) continue;
    await rm(path, { recursive: true, force: true });
    removed.push(entry);
  }
  return removed;
}
