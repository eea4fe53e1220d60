import { type Pool, rewrapSecrets, type SecretBox } from '@matryoshka/postgres';
import type { Logger } from '@matryoshka/system';
import { periodically } from '../periodically.ts';

/** Follows a change of the master key: what was sealed under another one comes under the new one. */
export async function runRewrap(
  pool: Pool,
  box: SecretBox,
  options: { readonly intervalMs: number; readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const { log, signal } = options;
  let known = '';
  const failure = 'secrets could not be put under the new key';
  await periodically({ ...options, retryMs: 10_000, failure }, async () => {
    const { rewrapped, unreadable } = await rewrapSecrets(pool, box, signal);
    if (rewrapped > 0) log.info({ rewrapped }, 'secrets are under the new key');
    // Once, not at every look.
    if (unreadable.length > 0 && unreadable.join() !== known)
      log.error({ unreadable }, 'secrets that no key in KAAS_SECRET_KEY_FILE opens');
    known = unreadable.join();
  });
}
