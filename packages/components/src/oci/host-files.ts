import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrnoCode, run, TypedError } from '@matryoshka/system';
import { hashFile } from '../build/result.ts';
import type { TarEntry } from './tar.ts';

/** Programs of this Debian machine that an image carries with the shared libraries they need. */
export interface HostPrograms {
  /** Path in the image → path of the program here. */
  readonly programs: Readonly<Record<string, string>>;
  /** Path in the image → path of a file that a program reads. */
  readonly data?: Readonly<Record<string, string>>;
  /** Path in the image → target. */
  readonly links?: Readonly<Record<string, string>>;
  /** Folders of plug-ins that are loaded at run time, taken whole. */
  readonly plugins?: readonly string[];
}

/** The files behind the programs: image path → path here, shared libraries (ldd(1)) and the dynamic loader included. */
export async function hostFiles(wanted: HostPrograms): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>(Object.entries(wanted.programs));
  for (const folder of wanted.plugins ?? []) {
    const names = await readdir(folder).catch((error: unknown) => missing(folder, error));
    for (const name of names) if (name.endsWith('.so')) files.set(join(folder, name).slice(1), join(folder, name));
  }
  const { stdout } = await run(['ldd', ...files.values()], { okCodes: 'any', env: { LC_ALL: 'C' } });
  for (const [, library] of stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm))
    if (library !== undefined) files.set(library.slice(1), library);
  return files;
}

/** Tar entries of the files, and a key that changes whenever one of them does. */
export async function hostLayerInput(
  wanted: HostPrograms,
): Promise<{ readonly key: string; readonly entries: () => Promise<readonly TarEntry[]> }> {
  const files = [...(await hostFiles(wanted))].sort(([a], [b]) => (a < b ? -1 : 1));
  const hashes: string[] = [];
  for (const [path, source] of files) {
    const real = await realpath(source).catch((error: unknown) => missing(source, error));
    hashes.push(`${path} ${await hashFile(real)}`);
  }
  const data = Object.entries(wanted.data ?? {});
  for (const [path, source] of data)
    hashes.push(`${path} ${await hashFile(source).catch((error) => missing(source, error))}`);
  const links = Object.entries(wanted.links ?? {});
  const entries = async (): Promise<readonly TarEntry[]> => [
    ...(await Promise.all(files.map(async ([path, source]) => ({ path, mode: 0o755, data: await readFile(source) })))),
    ...(await Promise.all(data.map(async ([path, source]) => ({ path, mode: 0o644, data: await readFile(source) })))),
    ...links.map(([path, target]) => ({ path, mode: 0o777, target })),
  ];
  return { key: JSON.stringify([hashes, links]), entries };
}

function missing(path: string, error: unknown): never {
  if (!hasErrnoCode(error, 'ENOENT')) throw error;
  throw new TypedError(`${path} is not on this machine`, {
    code: 'program_missing',
    next: 'Install the Debian packages nftables, iptables, netbase, coreutils, dash, busybox-static, e2fsprogs, xfsprogs, mount, util-linux and ca-certificates.',
    cause: error,
  });
}
