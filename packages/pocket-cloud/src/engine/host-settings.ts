import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrnoCode, readFileIfExists } from '@matryoshka/system';

interface HostSetting {
  /** Below /proc/sys. */
  readonly name: string;
  /** What servers need; without it the setting is only written down and given back. */
  readonly atLeast?: number;
}

const settings: readonly HostSetting[] = [
  { name: 'net/ipv4/ip_forward', atLeast: 1 },
  // Root's inotify instances are counted over all servers. Six workers use up the kernel's 128: then kubelet ends at its start.
  { name: 'fs/inotify/max_user_instances', atLeast: 8192 },
  // kubelet inside a server writes these through /proc/sys, which is the whole host's.
  { name: 'kernel/panic' },
  { name: 'kernel/panic_on_oops' },
  { name: 'vm/overcommit_memory' },
  { name: 'vm/panic_on_oom' },
  { name: 'kernel/keys/root_maxkeys' },
  { name: 'kernel/keys/root_maxbytes' },
  { name: 'kernel/core_pattern' },
];

/** Former values; common to all pocket clouds of a machine, gone after a reboot as the settings themselves. */
const records = '/run/matryoshka';
const current = (name: string): string => join('/proc/sys', name);
const former = (name: string): string => join(records, name.replaceAll('/', '.'));

/**
 * Before the first server: writes down the settings of the whole machine that servers change or need, and raises those they need. Idempotent;
 * the first pocket cloud of the machine decides what the former values were.
 */
export async function ensureHostSettings(): Promise<void> {
  await mkdir(records, { recursive: true });
  for (const { name, atLeast } of settings) {
    const value = (await readFileIfExists(current(name)))?.trim();
    if (value === undefined) continue;
    try {
      await writeFile(former(name), value, { flag: 'wx' });
    } catch (error) {
      if (!hasErrnoCode(error, 'EEXIST')) throw error;
    }
    if (atLeast !== undefined && Number(value) < atLeast) await writeFile(current(name), String(atLeast));
  }
}

/** Undoes {@link ensureHostSettings} and what servers did; for the last pocket cloud of the machine. */
export async function restoreHostSettings(): Promise<void> {
  for (const { name } of settings) {
    const before = await readFileIfExists(former(name));
    if (before !== undefined && (await readFileIfExists(current(name)))?.trim() !== before)
      await writeFile(current(name), before);
  }
  await rm(records, { recursive: true, force: true });
}
