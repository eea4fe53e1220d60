import { mkdir, open, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasErrnoCode, readFileIfExists, sleep, TypedError, writeFileAtomic } from '@matryoshka/system';
import type { Terminal } from '../terminal.ts';
import { currentContext, type KubeconfigEntry, mergeKubeconfig, ownsContext } from './merge.ts';

/** The files kubectl would read, in its order: those of KUBECONFIG, else ~/.kube/config. */
export function kubeconfigFiles({ env, home }: Pick<Terminal, 'env' | 'home'>): readonly [string, ...string[]] {
  const [first, ...rest] = (env.KUBECONFIG ?? '').split(':').filter((path) => path !== '');
  return first === undefined ? [join(home, '.kube', 'config')] : [first, ...rest];
}

/**
 * Merges an entry into the file that owns the context; a new one goes where kubectl puts new entries: the first file that exists, else the last
 * of the list (clientcmd, PathOptions.GetDefaultFilename). Writes atomically under kubectl's own lock file and answers with the path.
 */
export async function storeEntry(
  place: Pick<Terminal, 'env' | 'home'>,
  entry: KubeconfigEntry,
  lockTimeoutMs = 5000,
): Promise<string> {
  const files = kubeconfigFiles(place);
  const texts = await Promise.all(files.map((file) => readFileIfExists(file)));
  const owner = files.findIndex((file, index) => ownsContext(texts[index] ?? '', entry.context, file));
  const existing = texts.findIndex((text) => text !== undefined);
  const target = files[owner >= 0 ? owner : existing >= 0 ? existing : files.length - 1] ?? files[0];
  // The first file that names a current context wins, so it must be named there.
  const current = files.find((file, index) => currentContext(texts[index] ?? '', file) !== undefined);
  await update(target, lockTimeoutMs, (text) =>
    mergeKubeconfig(text, entry, target, current === undefined || current === target),
  );
  if (current !== undefined && current !== target)
    await update(current, lockTimeoutMs, (text) => setCurrent(text, entry.context));
  return target;
}

function setCurrent(text: string, context: string): string {
  return text.replace(/^current-context:.*$/m, `current-context: ${context}`);
}

async function update(path: string, lockTimeoutMs: number, change: (text: string) => string): Promise<void> {
  // A link stays a link: the file behind it is replaced.
  const real = await realpath(path).catch(() => path);
  const release = await lock(real, lockTimeoutMs);
  try {
    const before = (await readFileIfExists(real)) ?? '';
    const mode = (await stat(real).catch(() => undefined))?.mode ?? 0o600;
    const after = change(before);
    if (after !== before) await writeFileAtomic(real, after, mode & 0o777);
  } finally {
    await release();
  }
}

async function lock(path: string, timeoutMs: number): Promise<() => Promise<void>> {
  const file = `${path}.lock`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const end = performance.now() + timeoutMs;
  do {
    try {
      await (await open(file, 'wx', 0o600)).close();
      return async () => rm(file, { force: true });
    } catch (error) {
      if (!hasErrnoCode(error, 'EEXIST')) throw error;
    }
    await sleep(50);
  } while (performance.now() < end);
  throw new TypedError(`${path} is locked by another kubectl or kaas`, {
    code: 'kubeconfig_locked',
    actor: 'user',
    next: `If none runs, remove ${file}.`,
  });
}
