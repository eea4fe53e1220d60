import { spawn } from 'node:child_process';
import { access, constants, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
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

/** Waits for one line on descriptor 3, then becomes the program; ends without it when the line cannot come any more. The pid stays the same. */
const gate = 'read -r _ <&3 || exit 1; exec "$@" 3<&-';

/**
 * Starts a program that outlives us (own session, output to a log file); does nothing when it already runs. Resolves once it is spawned, not
 * when it is ready. The program begins only after its pid file is written: a starter that is killed leaves none that nobody knows.
 */
export async function startDaemon(spec: DaemonSpec): Promise<ProcessIdentity> {
  const running = await daemonStatus(spec.pidFile);
  if (running !== undefined) return running;
  await mkdir(dirname(spec.logFile), { recursive: true });
  const log = await open(spec.logFile, 'a');
  try {
    const env = { ...process.env, ...spec.env };
    await checkProgram(spec.argv[0], env.PATH);
    const child = spawn('/bin/sh', ['-c', gate, 'sh', ...spec.argv], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd, 'pipe'],
      cwd: spec.cwd ?? '/',
      env,
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
    const go = child.stdio[3] as Writable;
    // Killed meanwhile: whoever waits for the program to be ready sees that.
    go.on('error', () => undefined);
    go.end('\n');
    return identity;
  } finally {
    await log.close();
  }
}

/** Rejects with ENOENT or EACCES when execvp(3) would not find the program. */
async function checkProgram(program: string, path = ''): Promise<void> {
  const candidates = program.includes('/') ? [program] : path.split(':').map((folder) => join(folder, program));
  for (const candidate of candidates) if (await isExecutable(candidate)) return;
  await access(program, constants.X_OK);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
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
