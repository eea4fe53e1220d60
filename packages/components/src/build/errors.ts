import { CommandError, TypedError } from '@matryoshka/system';

/** Turns what `go build` said into one line that names the module or the disk, and the next step. Other errors pass unchanged. */
export function explainBuildError(component: string, error: unknown): unknown {
  if (!(error instanceof CommandError)) return error;
  const text = error.stderr;
  const fail = (message: string, code: string, next: string): TypedError =>
    new TypedError(`${component}: ${message}`, { code, next, cause: error });
  if (/no space left on device/i.test(text))
    return fail(
      'the disk is full',
      'disk_full',
      'Free space for the Go caches and ~/.cache/matryoshka, then run again.',
    );
  const line = text
    .split('\n')
    .find((candidate) => candidate.trim() !== '' && !candidate.startsWith('go: downloading'));
  const module = /([\w.-]+(?:\/[\w.~-]+)+@v[\w.+-]+)/.exec(text)?.[1] ?? 'a Go module';
  if (/not available|403 Forbidden|404 Not Found|410 Gone/.test(text))
    return fail(`${module} is refused by the module proxy`, 'module_refused', 'Pin a version that the proxy serves.');
  if (/dial tcp|no such host|connection refused|i\/o timeout|proxyconnect|TLS handshake/i.test(text))
    return fail(
      `${module} could not be fetched`,
      'no_network',
      'Make the Go module proxy (GOPROXY) reachable, then run again.',
    );
  if (/checksum mismatch|missing go\.sum entry/.test(text))
    return fail(
      `the checksum of ${module} is not the committed one`,
      'checksum_mismatch',
      'Do not build: find out who changed the module.',
    );
  if (/signal: killed/.test(text))
    return fail(
      'the compiler was killed, probably for want of memory',
      'out_of_memory',
      'Free about 6 GiB of memory, then run again.',
    );
  return fail(
    `does not build: ${line?.trim() ?? error.message}`,
    'build_failed',
    'Read the compiler output with MATRYOSHKA_LOG_LEVEL=debug.',
  );
}
