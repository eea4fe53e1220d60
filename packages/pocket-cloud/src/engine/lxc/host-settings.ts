import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileIfExists, writeFileAtomic } from '@matryoshka/system';

/** kubelet inside a machine writes these through /proc/sys, which is the whole host's. */
const settings = [
  'kernel/panic',
  'kernel/panic_on_oops',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
  'kernel/core_pattern',
] as const;

interface Recorded {
  readonly bootId: string;
  readonly values: Readonly<Record<string, string>>;
}

const fileOf = (root: string): string => join(root, 'host-settings.json');
const bootId = async (): Promise<string> => ((await readFileIfExists('/proc/sys/kernel/random/boot_id')) ?? '').trim();

/** Writes down the host's settings before the first server starts; once per boot. */
export async function recordHostSettings(root: string): Promise<void> {
  const known = await readFileIfExists(fileOf(root));
  if (known !== undefined && (JSON.parse(known) as Recorded).bootId === (await bootId())) return;
  const values: Record<string, string> = {};
  for (const name of settings) {
    const value = await readFileIfExists(`/proc/sys/${name}`);
    if (value !== undefined) values[name] = value.trim();
  }
  await writeFileAtomic(fileOf(root), `${JSON.stringify({ bootId: await bootId(), values })}\n`);
}

/** Gives the host its settings back, unless it was rebooted since. */
export async function restoreHostSettings(root: string): Promise<void> {
  const text = await readFileIfExists(fileOf(root));
  if (text === undefined) return;
  const recorded = JSON.parse(text) as Recorded;
  if (recorded.bootId === (await bootId()))
    for (const [name, value] of Object.entries(recorded.values))
      if ((await readFileIfExists(`/proc/sys/${name}`))?.trim() !== value) await writeFile(`/proc/sys/${name}`, value);
  await rm(fileOf(root), { force: true });
}
