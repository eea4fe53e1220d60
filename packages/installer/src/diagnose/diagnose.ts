import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { errorMessage, run, TypedError } from '@matryoshka/system';
import { type PlatformOptions, platformPaths } from '../config.ts';
import { readState } from '../state/state.ts';
import { secretsIn, withoutSecrets } from './masking.ts';
import { sourcesOf } from './sources.ts';

export interface DiagnoseOptions {
  readonly platform?: PlatformOptions;
  /** Where the bundle is written, `.tar.gz`. */
  readonly file: string;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface Bundle {
  readonly file: string;
  readonly entries: readonly string[];
  /** What could not be read, and why; that, too, is in the bundle. */
  readonly failed: readonly { readonly path: string; readonly reason: string }[];
}

const timeoutMs = 120_000;

/**
 * Gathers what helps to find out what is wrong, without secrets: those of the installation are taken out wherever they stand, and whatever looks like one. What cannot be read is said in the bundle and
 * ends nothing. Changes nothing. Throws TypedError `not_installed`.
 */
export async function diagnose({ platform = {}, file, onProgress, signal }: DiagnoseOptions): Promise<Bundle> {
  const config = await readState(platform);
  if (config === undefined)
    throw new TypedError('nothing is installed in this data directory', {
      code: 'not_installed',
      next: 'Name the one you mean with --data-dir, or run: kaas up',
    });
  const secrets = await secretsIn(platformPaths(config).secrets);
  const limit = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]);
  const folder = await mkdtemp(join(tmpdir(), 'kaas-diagnose-'));
  const root = 'matryoshka-diagnose';
  const entries: string[] = [];
  const failed: Bundle['failed'][number][] = [];
  try {
    for (const { path, read } of sourcesOf(config, limit)) {
      signal?.throwIfAborted();
      onProgress?.(path);
      try {
        await write(join(folder, root, path), withoutSecrets(await read(), secrets));
        entries.push(path);
      } catch (error) {
        const reason = withoutSecrets(errorMessage(error), secrets);
        failed.push({ path, reason });
      }
    }
    const summary = { at: new Date().toISOString(), entries, failed };
    await write(join(folder, root, 'README.json'), `${JSON.stringify(summary, null, 2)}\n`);
    await run(['tar', 'czf', resolve(file), '-C', folder, root]);
    return { file: resolve(file), entries, failed };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, text, { mode: 0o600 });
}
