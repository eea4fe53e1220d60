import { open } from 'node:fs/promises';
import { type DaemonSpec, daemonStatus, hasErrnoCode, sleep, startDaemon, TypedError } from '@matryoshka/system';
import type { StepRun } from '../flow/graph.ts';

export interface EnsureDaemonOptions {
  readonly spec: DaemonSpec;
  /** Whether it does its job now. Must not throw. */
  readonly ready: () => Promise<boolean>;
  readonly run: StepRun;
  readonly timeoutMs: number;
  /** Starts after an end at once; default 3: a killed predecessor's children may hold a resource for a moment. */
  readonly attempts?: number;
}

/** Starts a daemon unless it runs, and waits until it is ready. Throws with the end of its log when it ends or stays unready. */
export async function ensureDaemon(options: EnsureDaemonOptions): Promise<void> {
  const { spec, run } = options;
  const end = performance.now() + options.timeoutMs;
  let logOffset = await sizeOf(spec.logFile);
  for (let attempt = 1; ; ) {
    await startDaemon(spec);
    run.report(`waiting for ${spec.name}`);
    while ((await daemonStatus(spec.pidFile)) !== undefined) {
      if (await options.ready()) {
        // The answer may be another process's, which holds the port that ours is about to fail on.
        await sleep(100, run.signal);
        if ((await daemonStatus(spec.pidFile)) !== undefined) return;
        break;
      }
      run.signal.throwIfAborted();
      if (performance.now() > end)
        throw failure(
          `${spec.name} runs but is not ready after ${Math.round(options.timeoutMs / 1000)} s`,
          spec,
          await tail(spec.logFile, logOffset),
        );
      await sleep(100, run.signal);
    }
    const said = await tail(spec.logFile, logOffset);
    if (attempt >= (options.attempts ?? 3)) throw failure(`${spec.name} ended at once`, spec, said);
    attempt += 1;
    logOffset = await sizeOf(spec.logFile);
    await sleep(500, run.signal);
  }
}

function failure(message: string, spec: DaemonSpec, said: string): TypedError {
  const taken = /address already in use/i.test(said);
  const full = /No space left on device/i.test(said);
  const reason = taken ? 'its port is taken by another process' : full ? 'the disk is full' : undefined;
  return new TypedError(`${message}${reason === undefined ? '' : `: ${reason}`}${said === '' ? '' : `\n${said}`}`, {
    code: taken ? 'port_taken' : full ? 'disk_full' : 'daemon_not_ready',
    next: taken ? 'Find the process with `ss -ltnp` and end it, or choose another port.' : `Read ${spec.logFile}.`,
  });
}

async function sizeOf(path: string): Promise<number> {
  try {
    const file = await open(path);
    try {
      return (await file.stat()).size;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasErrnoCode(error, 'ENOENT')) return 0;
    throw error;
  }
}

/** The last lines written behind `offset`, at most 4 KiB of them. */
async function tail(path: string, offset: number): Promise<string> {
  const size = await sizeOf(path);
  const start = Math.max(offset, size - 4096);
  if (size <= start) return '';
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead).trim().split('\n').slice(-5).join('\n');
  } finally {
    await file.close();
  }
}
