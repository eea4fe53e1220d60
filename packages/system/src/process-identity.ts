import { readFileIfExists } from './files.ts';

/** A process that can be told from a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot at which the process started (proc(5), /proc/pid/stat field 22). */
  readonly startTicks: string;
  /** Kernel boot id: start ticks mean nothing after a reboot. */
  readonly bootId: string;
}

/** The identity of a running process; undefined if there is none or it is a zombie. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readFileIfExists(`/proc/${pid}/stat`).catch(() => undefined);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // The first thread may be a zombie while others still hold the files and ports (num_threads, field 20).
  if (fields[0] === 'X' || (fields[0] === 'Z' && Number(fields[17]) < 2)) return undefined;
  const bootId = (await readFileIfExists('/proc/sys/kernel/random/boot_id'))?.trim() ?? '';
  return { pid, startTicks: fields[19] ?? '', bootId };
}

/** Whether that very process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  const now = await identify(identity.pid);
  return now !== undefined && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}
