import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrnoCode, readFileIfExists } from '@matryoshka/system';

interface SharedSetting {
  /** Below /proc/sys. */
  readonly name: string;
  readonly record: string;
  readonly atLeast: number;
}

const settings: readonly SharedSetting[] = [
  { name: 'net/ipv4/ip_forward', record: 'ip-forward-before', atLeast: 1 },
  // Root's inotify instances are counted over all servers. Six workers use up the kernel's 128: then kubelet ends at its start.
  { name: 'fs/inotify/max_user_instances', record: 'inotify-instances-before', atLeast: 8192 },
];

/** Former values; common to all pocket clouds of a machine, gone after a reboot as the settings themselves. */
const records = '/run/matryoshka';

/** Raises the settings of the whole machine that servers need, and writes down what they were. Idempotent. */
export async function ensureSharedSettings(): Promise<void> {
  for (const { name, record, atLeast } of settings) {
    const path = join('/proc/sys', name);
    const before = (await readFile(path, 'utf8')).trim();
    if (Number(before) >= atLeast) continue;
    await mkdir(records, { recursive: true });
    try {
      await writeFile(join(records, record), before, { flag: 'wx' });
    } catch (error) {
      if (!hasErrnoCode(error, 'EEXIST')) throw error;
    }
    await writeFile(path, String(atLeast));
  }
}

/** Undoes {@link ensureSharedSettings}; for the last pocket cloud of the machine. */
export async function restoreSharedSettings(): Promise<void> {
  for (const { name, record } of settings) {
    const before = await readFileIfExists(join(records, record));
    if (before !== undefined) await writeFile(join('/proc/sys', name), before);
  }
  await rm(records, { recursive: true, force: true });
}
