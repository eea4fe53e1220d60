import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostApt } from './apt.ts';
import { cacheRoot, keyOf, publishOnce } from './cache.ts';
import { type BaseVariant, debianPackagesOf, debianRelease, dpkgPathRules } from './packages.ts';
import { runIsolated } from './sandbox.ts';

const hooks = fileURLToPath(new URL('../hooks', import.meta.url));
/** Raised when the way a base is made changes. */
const baseFormat = 1;

/** Key of the Debian packages of a variant. The state of the mirror is not part of it: a base is refreshed by removing it. */
export function baseKey(variant: BaseVariant): string {
  return keyOf({ baseFormat, debianRelease, packages: debianPackagesOf(variant), dpkgPathRules });
}

export interface Base {
  /** Root file system, uncompressed tar. */
  readonly tar: string;
  /** `name version` of every Debian package, one per line. */
  readonly packageList: string;
}

/** Debian with all packages of the variant, made once per list of packages; the slow half of a build. */
export async function buildBase(
  variant: BaseVariant,
  options: { readonly signal?: AbortSignal; readonly onLine?: (line: string) => void } = {},
): Promise<Base> {
  const folder = join(cacheRoot(), 'base', `${variant}-${baseKey(variant)}`);
  const base = { tar: join(folder, 'rootfs.tar'), packageList: join(folder, 'packages.txt') };
  const complete = async (): Promise<boolean> => (await stat(base.packageList).catch(() => undefined)) !== undefined;
  await publishOnce(folder, complete, async (work) => await bootstrap(variant, work, options), options.signal);
  return base;
}

async function bootstrap(
  variant: BaseVariant,
  work: string,
  options: { readonly signal?: AbortSignal; readonly onLine?: (line: string) => void },
): Promise<void> {
  const apt = await hostApt(options.signal);
  const debs = join(cacheRoot(), 'debs');
  await mkdir(debs, { recursive: true });
  await writeFile(join(work, 'sources.list'), `${apt.sources.join('\n')}\n`);
  await writeFile(join(work, 'apt.conf'), `${apt.options.join('\n')}\n`);
  // apt drops root while it downloads.
  await chmod(work, 0o755);
  await runIsolated(
    [
      'mmdebstrap',
      '--mode=root',
      '--variant=minbase',
      '--architectures=amd64',
      '--format=tar',
      `--include=${debianPackagesOf(variant).join(',')}`,
      `--aptopt=${join(work, 'apt.conf')}`,
      ...dpkgPathRules.map((rule) => `--dpkgopt=${rule}`),
      '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
      '--skip=download/empty,essential/unlink',
      `--setup-hook=${join(hooks, 'restore-debs')}`,
      `--customize-hook=${join(hooks, 'save-debs')}`,
      `--customize-hook=chroot "$1" dpkg-query -W > '${join(work, 'packages.txt.part')}'`,
      debianRelease.codename,
      join(work, 'rootfs.tar'),
      join(work, 'sources.list'),
    ],
    {
      env: { MATRYOSHKA_DEB_CACHE: debs, LC_ALL: 'C', TMPDIR: work, SOURCE_DATE_EPOCH: '1700000000' },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
    },
  );
  for (const name of await readdir(work))
    if (!['rootfs.tar', 'packages.txt.part'].includes(name))
      await rm(join(work, name), { recursive: true, force: true });
  await rename(join(work, 'packages.txt.part'), join(work, 'packages.txt'));
}
