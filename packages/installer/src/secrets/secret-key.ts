import { randomBytes } from 'node:crypto';
import { countUnderOtherKeys, createSecretBox, keyFile, type UnderOtherKeys } from '@matryoshka/postgres';
import { readFileIfExists, TypedError, waitFor, writeFileAtomic } from '@matryoshka/system';
import { type PlatformConfig, type PlatformOptions, type PlatformPaths, platformPaths } from '../config.ts';
import { withSuperuser } from '../postgres/cluster.ts';
import { readState } from '../state/state.ts';
import { lockPlatform } from '../up.ts';

export interface SecretKeyOptions {
  readonly platform?: PlatformOptions;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

// The controller looks every minute, and reads the file when it is ten seconds old.
const patienceMs = 180_000;

/**
 * Seals with a new master key from now on, and waits until kaas-controller has put everything under it; the old key stays in the file. Answers
 * what is still under another one. Throws TypedError `not_installed`, `locked` or `rewrap_slow`.
 */
export async function rotateSecretKey(options: SecretKeyOptions = {}): Promise<UnderOtherKeys> {
  return await withKeys(options, 'kaas secret-key rotate', async ({ config, paths, lines }) => {
    await writeKeys(paths, [randomBytes(32).toString('hex'), ...lines]);
    options.onProgress?.('a new key seals; waiting until everything is under it');
    let left = await remaining(config, paths);
    const isDone = async (): Promise<boolean> => {
      options.signal?.throwIfAborted();
      left = await remaining(config, paths);
      return left.values === 0;
    };
    if (await waitFor(isDone, { timeoutMs: patienceMs, intervalMs: 2_000 })) return left;
    throw new TypedError(`${left.values} secrets are not under the new key after three minutes`, {
      code: 'rewrap_slow',
      actor: 'provider',
      next: 'Nothing is lost: the old key is still in the file. See the log of kaas-controller, and that it runs: kaas status.',
    });
  });
}

/** Drops all keys but the one that seals; answers how many. Throws TypedError `key_in_use` while something is under another one, `not_installed` or `locked`. */
export async function forgetSecretKeys(options: SecretKeyOptions = {}): Promise<number> {
  return await withKeys(options, 'kaas secret-key forget', async ({ config, paths, lines }) => {
    const { values, answers } = await remaining(config, paths);
    if (values + answers > 0)
      throw new TypedError(`${values} secrets and ${answers} kept answers are still under another key`, {
        code: 'key_in_use',
        actor: 'provider',
        next: 'Run it again later: answers kept for Idempotency-Key end after a day.',
      });
    await writeKeys(paths, lines.slice(0, 1));
    return lines.length - 1;
  });
}

interface Keys {
  readonly config: PlatformConfig;
  readonly paths: PlatformPaths;
  /** Of the file, the newest key first. */
  readonly lines: readonly string[];
}

async function withKeys<T>(options: SecretKeyOptions, who: string, work: (keys: Keys) => Promise<T>): Promise<T> {
  const config = await readState(options.platform);
  const paths = config === undefined ? undefined : platformPaths(config);
  const text = paths === undefined ? undefined : await readFileIfExists(paths.secretKeyFile);
  if (config === undefined || paths === undefined || text === undefined)
    throw new TypedError('nothing is installed here', { code: 'not_installed', next: 'Run: kaas up' });
  const lock = await lockPlatform(config, who);
  try {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    return await work({ config, paths, lines });
  } finally {
    await lock.release();
  }
}

async function writeKeys({ secretKeyFile }: PlatformPaths, lines: readonly string[]): Promise<void> {
  await writeFileAtomic(secretKeyFile, `${lines.join('\n')}\n`, 0o600);
}

async function remaining(config: PlatformConfig, paths: PlatformPaths): Promise<UnderOtherKeys> {
  const prefix = await createSecretBox(await keyFile(paths.secretKeyFile)).prefix();
  return await withSuperuser(config, paths, async (client) => await countUnderOtherKeys(client, prefix), 'kaas');
}
