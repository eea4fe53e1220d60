import { chmod, lstat, rename, rm, writeFile } from 'node:fs/promises';
import { CommandError, hasErrnoCode, readFileIfExists, run, TypedError } from '@matryoshka/system';

const policyFile = '/usr/sbin/policy-rc.d';
const keptPolicy = `${policyFile}.before-matryoshka`;
const marker = '# written by Matryoshka while it installs packages';

/** Names of those packages that are not installed. */
export async function missingPackages(names: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run(['dpkg-query', '--show', `--showformat=\${Package} \${db:Status-Status}\\n`, ...names], {
    okCodes: [0, 1],
  });
  const installed = new Set(
    stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0] ?? ''),
  );
  return names.filter((name) => !installed.has(name));
}

export interface InstallOptions {
  readonly signal?: AbortSignal;
  readonly report?: (detail: string) => void;
}

/** Installs packages without a question and without starting a service of theirs. Throws TypedError that names what could not be had. */
export async function installPackages(names: readonly string[], options: InstallOptions = {}): Promise<void> {
  if (names.length === 0) return;
  const env = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C', NEEDRESTART_MODE: 'l' };
  const apt = async (...args: readonly string[]): Promise<void> => {
    await run(['apt-get', '--quiet', '--option=DPkg::Lock::Timeout=300', ...args], {
      env,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onLine: (line) => {
        const found = /^(?:Get:\d+|Unpacking|Setting up) .*?([a-z0-9][a-z0-9+.-]+) \(/.exec(line);
        if (found?.[1] !== undefined) options.report?.(found[1]);
      },
    });
  };
  const restore = await forbidServiceStarts();
  try {
    options.report?.('asking for the package lists');
    await apt('update');
    await apt(
      'install',
      '--yes',
      '--no-install-recommends',
      '--option=Dpkg::Options::=--force-confdef',
      '--option=Dpkg::Options::=--force-confold',
      ...names,
    );
  } catch (error) {
    throw explain(error, names);
  } finally {
    await restore();
  }
}

function explain(error: unknown, names: readonly string[]): unknown {
  if (!(error instanceof CommandError)) return error;
  const text = error.message;
  const wanted = `Debian packages ${names.join(' ')}`;
  if (/Temporary failure resolving|Could not connect|Failed to fetch|Connection (refused|timed out)/i.test(text))
    return new TypedError(`The Debian archive cannot be reached, needed for the ${wanted}`, {
      code: 'registry_unreachable',
      next: 'Check the network and /etc/apt/sources.list, then run the same command again.',
      cause: error,
    });
  if (/Unable to locate package/i.test(text))
    return new TypedError(`The Debian archive lacks a package: ${text.split('\n').at(-1)}`, {
      code: 'package_unknown',
      next: 'Use Debian 12 with the main component in /etc/apt/sources.list.',
      cause: error,
    });
  return new TypedError(`apt-get could not install the ${wanted}: ${text}`, { code: 'apt_failed', cause: error });
}

/** invoke-rc.d asks this file whether it may start a service (exit code 101 = no); one that was there is kept aside. */
async function forbidServiceStarts(): Promise<() => Promise<void>> {
  const before = await lstat(policyFile).catch((error: unknown) => {
    if (hasErrnoCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  // A file kept aside already is the machine's own, left by a run that was killed: never overwrite it with ours.
  const kept = await lstat(keptPolicy).catch(() => undefined);
  if (before !== undefined && kept === undefined && !(await isOurs())) await rename(policyFile, keptPolicy);
  await writeFile(policyFile, `#!/bin/sh\n${marker}\nexit 101\n`);
  await chmod(policyFile, 0o755);
  return async () => {
    if ((await lstat(keptPolicy).catch(() => undefined)) !== undefined) await rename(keptPolicy, policyFile);
    else await rm(policyFile, { force: true });
  };
}

async function isOurs(): Promise<boolean> {
  return (await readFileIfExists(policyFile))?.includes(marker) ?? false;
}
