import { run, TypedError } from '@matryoshka/system';
import { debianRelease } from './packages.ts';

/** `deb` lines and apt options of the host, so that the build uses the mirror, proxy and checks that the administrator chose. */
export interface AptSetup {
  readonly sources: readonly string[];
  readonly options: readonly string[];
}

const targets: readonly [string, ...string[]] = [
  'apt-get',
  'indextargets',
  '--format',
  'deb $(REPO_URI) $(RELEASE) $(COMPONENT)',
  'Created-By: Packages',
  'Origin: Debian',
];

/**
 * Reads the machine's configured apt sources for our Debian release.
 * Throws TypedError `apt_sources_missing` when it has none.
 */
export async function hostApt(signal?: AbortSignal): Promise<AptSetup> {
  const options = signal === undefined ? {} : { signal };
  let sources = selectSources((await run(targets, options)).stdout);
  if (sources.length === 0) {
    // The origin is known only after the indexes were fetched once.
    await run(['apt-get', 'update', '-q'], options);
    sources = selectSources((await run(targets, options)).stdout);
  }
  if (sources.length === 0)
    throw new TypedError(`This machine has no apt source for Debian ${debianRelease.version}`, {
      code: 'apt_sources_missing',
      actor: 'provider',
      next: `Add the ${debianRelease.codename} suite of a Debian mirror to /etc/apt/sources.list.d and run apt-get update.`,
    });
  return { sources, options: selectOptions((await run(['apt-config', 'dump'], options)).stdout) };
}

/** The lines of our release (with its updates and security suites), each once. */
export function selectSources(text: string): readonly string[] {
  const wanted = new RegExp(`^deb \\S+ ${debianRelease.codename}(-updates|-security)? \\S+$`);
  return [...new Set(text.split('\n').filter((line) => wanted.test(line)))];
}

/** How to reach a mirror: transport, proxy, retries, date checks. Everything else of the host's apt is its own business. */
export function selectOptions(text: string): readonly string[] {
  return text.split('\n').filter((line) => /^Acquire::(https?|Check-|Retries|ForceIPv)\S* "[^"]+";$/.test(line));
}
