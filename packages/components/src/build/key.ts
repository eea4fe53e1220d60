import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moduleDir } from '../paths.ts';
import type { Component } from '../versions.ts';
import { patchFiles } from './patch.ts';

/** Module and checksum file of a version: `go.mod` for the default, `<version>.mod` (go build -modfile) for the others. */
export function versionFiles(component: Component, version: string): { readonly mod: string; readonly sum: string } {
  const stem = version === component.versions[0] ? 'go' : version;
  return { mod: `${stem}.mod`, sum: `${stem}.sum` };
}

/** Everything `go build` is told, but the output and the package. */
export function buildFlags(component: Component, version: string): readonly string[] {
  const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
  const fill = (text: string): string =>
    text.replaceAll('{version}', version).replaceAll('{major}', major).replaceAll('{minor}', minor);
  const stamps = Object.entries(component.stamps ?? {}).map(([name, value]) => `-X ${name}=${fill(value)}`);
  const { mod } = versionFiles(component, version);
  return [
    '-mod=readonly',
    '-buildvcs=false',
    '-trimpath',
    ...(mod === 'go.mod' ? [] : [`-modfile=${mod}`]),
    // What the linker drops below need not be made: a fifth of the compiler's time, and the program is the same.
    '-gcflags=all=-dwarf=false',
    '-ldflags',
    ['-s', '-w', ...stamps].join(' '),
  ];
}

/** Cache key of a build: a hash of the module files, our Go sources and patches, the flags, the packages and the Go version. `folder` is for tests. */
export async function buildKey(
  component: Component,
  version: string,
  goVersion: string,
  folder: string = moduleDir(component),
): Promise<string> {
  const { mod, sum } = versionFiles(component, version);
  const sources = (await readdir(folder)).filter((file) => file.endsWith('.go')).sort();
  const hash = createHash('sha256');
  const add = (label: string, content: string | Uint8Array): void => {
    hash.update(`${label} ${Buffer.byteLength(content)}\n`).update(content);
  };
  for (const file of [mod, ...sources, ...(await patchFiles(folder))]) add(file, await readFile(join(folder, file)));
  // A module without dependencies has no checksum file.
  add(sum, await readFile(join(folder, sum)).catch(() => ''));
  add('flags', JSON.stringify(buildFlags(component, version)));
  add('builds', JSON.stringify([component.builds, component.links ?? []]));
  add('go', `${goVersion} ${process.platform} ${process.arch}`);
  return hash.digest('hex').slice(0, 24);
}
