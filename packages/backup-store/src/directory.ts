import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { hasErrnoCode, TypedError } from '@matryoshka/system';
import { type BackupStore, checkName } from './store.ts';

const unfinished = '.unfinished';

/** Backups as files of a folder, which may be a mounted file system of another machine. */
export function directoryStore(root: string): BackupStore {
  const pathOf = (name: string): string => join(root, checkName(name));
  return {
    place: root,
    put: async (name, content) => {
      const path = pathOf(name);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const fresh = `${path}${unfinished}`;
      try {
        await pipeline(content, createWriteStream(fresh, { mode: 0o600, flush: true }));
        await rename(fresh, path);
      } catch (error) {
        await rm(fresh, { force: true });
        if (hasErrnoCode(error, 'ENOSPC', 'EDQUOT'))
          throw new TypedError(`the disk of ${root} is full`, {
            code: 'backup_disk_full',
            actor: 'provider',
            cause: error,
          });
        throw error;
      }
      await syncFolder(dirname(path));
      return (await stat(path)).size;
    },
    get: async (name) => {
      try {
        const file = await open(pathOf(name));
        return createReadStream('', { fd: file });
      } catch (error) {
        if (hasErrnoCode(error, 'ENOENT')) throw missing(name);
        throw error;
      }
    },
    remove: async (name) => {
      await rm(pathOf(name), { force: true });
    },
  };
}

export const missing = (name: string): TypedError =>
  new TypedError(`there is no ${name} among the backups`, { code: 'backup_missing', actor: 'provider' });

/** A name is only there for good when its folder was written, too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
