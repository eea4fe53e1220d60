import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

export interface Child {
  readonly name: string;
  readonly logFile: string;
  /** Whether it still runs. */
  alive(): boolean;
  stop(): Promise<void>;
}

/** Starts a program that ends with us: `stop` sends SIGTERM (or `signal`) and, after five seconds, SIGKILL. */
export function startChild(
  name: string,
  argv: readonly [string, ...string[]],
  options: { readonly logFile: string; readonly uid?: number; readonly gid?: number; readonly signal?: NodeJS.Signals },
): Child {
  const [program, ...args] = argv;
  const child: ChildProcess = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.gid ?? options.uid }),
  });
  const log = createWriteStream(options.logFile);
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // A test process that ends without stop() must not leave servers behind.
  const onExit = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', onExit);
  return {
    name,
    logFile: options.logFile,
    alive: () => child.exitCode === null && child.signalCode === null && child.pid !== undefined,
    stop: async () => {
      process.off('exit', onExit);
      child.kill(options.signal ?? 'SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(timer);
      log.end();
    },
  };
}

/** The end of a child's log, for error messages. */
export async function logTail(child: Child, lines = 15): Promise<string> {
  return (await readFile(child.logFile, 'utf8')).trim().split('\n').slice(-lines).join('\n');
}

/** A TCP port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
