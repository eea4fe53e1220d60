import { mkdir, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { basename, dirname } from 'node:path';
import { hasErrnoCode, TypedError } from './errors.ts';
import { readFileIfExists, writeFileAtomic } from './files.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';
import { sleep } from './wait.ts';

interface LockRecord extends ProcessIdentity {
  readonly purpose: string;
  readonly since: string;
}

export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes an exclusive lock that dies with its holder, however it dies. The kernel decides who has it: the lock is the name of an abstract
 * Unix socket (unix(7)), which one process of a network namespace can be bound to and which goes when the process goes. The file only says
 * who the holder is. Throws TypedError `locked` that names the holder when another process has it.
 */
export async function acquireLock(path: string, purpose: string): Promise<Lock> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const self = await identify(process.pid);
  if (self === undefined) throw new Error('cannot read /proc/self/stat');
  // Device and inode, so that two spellings of one path are one lock.
  const { dev, ino } = await stat(folder);
  const server = await bind(`\0matryoshka-lock:${dev}:${ino}:${basename(path)}`);
  if (server === undefined) throw await lockedError(path);
  const record: LockRecord = { ...self, purpose, since: new Date().toISOString() };
  const release = async (): Promise<void> => {
    await rm(path, { force: true });
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  try {
    await writeFileAtomic(path, `${JSON.stringify(record)}\n`, 0o600);
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

async function bind(name: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(name, resolve);
    });
  } catch (error) {
    if (hasErrnoCode(error, 'EADDRINUSE')) return undefined;
    throw error;
  }
  server.unref();
  return server;
}

async function lockedError(path: string): Promise<TypedError> {
  // The holder may be between taking the lock and writing its name.
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const holder = await readHolder(path);
    if (holder !== undefined && (await isRunning(holder)))
      return new TypedError(`${path} is locked by process ${holder.pid} (${holder.purpose}) since ${holder.since}`, {
        code: 'locked',
        actor: 'user',
        next: `Wait for process ${holder.pid} to end, or end it.`,
        details: { pid: holder.pid, purpose: holder.purpose, since: holder.since },
      });
    await sleep(50);
  }
  return new TypedError(`${path} is locked by another process`, { code: 'locked', actor: 'user', next: 'Try again.' });
}

async function readHolder(path: string): Promise<LockRecord | undefined> {
  try {
    const text = await readFileIfExists(path);
    return text === undefined || text === '' ? undefined : (JSON.parse(text) as LockRecord);
  } catch {
    return undefined;
  }
}
