import { spawn } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TypedError } from './errors.ts';
import { readFileIfExists, writeFileAtomic } from './files.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';
import { sleep, waitFor } from './wait.ts';

export interface DaemonSpec {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly pidFile: string;
  readonly logFile: string;
  readonly uid?: number;
  readonly gid?: number;
}

/** The process behind a pid file, if that very process still runs. */
export async function daemonStatus(pidFile: string): Promise<ProcessIdentity | undefined> {
  const text = await readFileIfExists(pidFile);
  if (text === undefined) return undefined;
  try {
    const identity = JSON.parse(text) as ProcessIdentity;
    return (await isRunning(identity)) ? identity : undefined;
  } catch {
    return undefined;
  }
}

/** Starts a program that outlives us (own session, output to a log file); does nothing when it already runs. Resolves once it is spawned, not when it is ready. */
export async function startDaemon(spec: DaemonSpec): Promise<ProcessIdentity> {
  const running = await daemonStatus(spec.pidFile);
  if (running !== undefined) return running;
  await mkdir(dirname(spec.logFile), { recursive: true });
  const log = await open(spec.logFile, 'a');
  try {
    const [program, ...args] = spec.argv;
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      cwd: spec.cwd ?? '/',
      env: { ...process.env, ...spec.env },
      ...(spec.uid === undefined ? {} : { uid: spec.uid }),
      ...(spec.gid === undefined ? {} : { gid: spec.gid }),
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const identity = child.pid === undefined ? undefined : await identify(child.pid);
    if (identity === undefined)
      throw new TypedError(`${spec.name} ended at once`, { code: 'daemon_ended', next: `Read ${spec.logFile}.` });
    await writeFileAtomic(spec.pidFile, `${JSON.stringify(identity)}\n`);
    return identity;
  } finally {
    await log.close();
  }
}

/** Ends a daemon: SIGTERM (or `signal`), after `graceMs` SIGKILL; resolves when the process is gone. Never touches another process that has its pid. */
export async function stopDaemon(
  pidFile: string,
  options: { readonly graceMs?: number; readonly signal?: NodeJS.Signals } = {},
): Promise<void> {
  const identity = await daemonStatus(pidFile);
  if (identity !== undefined) {
    process.kill(identity.pid, options.signal ?? 'SIGTERM');
    const gone = async (): Promise<boolean> => !(await isRunning(identity));
    if (!(await waitFor(gone, { timeoutMs: options.graceMs ?? 10_000, intervalMs: 50 }))) {
      process.kill(identity.pid, 'SIGKILL');
      while (!(await gone())) await sleep(20);
    }
  }
  await rm(pidFile, { force: true });
}
