import { cp, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '@matryoshka/system';
import { moduleDir } from '../paths.ts';
import type { Component } from '../versions.ts';
import type { GoToolchain } from './go-toolchain.ts';

/** Changes to a component's upstream sources that it is built with, in order, relative to its module. None for nearly all: see ADR 0014. */
export async function patchFiles(folder: string): Promise<readonly string[]> {
  const files = await readdir(join(folder, 'patches')).catch(() => []);
  return files
    .filter((file) => file.endsWith('.patch'))
    .toSorted()
    .map((file) => join('patches', file));
}

/**
 * Where to run `go build`: the component's module, or, when it has patches, a copy of it in `temporary` that takes the component from patched
 * sources beside it. (An overlay would be simpler, but Go lets none reach into its module cache.) A patch that does not fit any more is an error.
 */
export async function sourceFolder(
  component: Component,
  modFile: string,
  {
    go,
    temporary,
    env,
  }: { readonly go: GoToolchain; readonly temporary: string; readonly env: Readonly<Record<string, string>> },
): Promise<string> {
  const folder = moduleDir(component);
  const patches = await patchFiles(folder);
  if (patches.length === 0) return folder;
  const module = ['-mod=readonly', `-modfile=${modFile}`] as const;
  // The checksums in go.sum are verified here; a folder that a module is replaced with is not.
  await run([go.path, 'mod', 'download', `-modfile=${modFile}`, component.module], { cwd: folder, env });
  const list = await run([go.path, 'list', ...module, '-m', '-f', '{{.Dir}}', component.module], { cwd: folder, env });
  await cp(folder, temporary, { recursive: true });
  const upstream = join(temporary, 'upstream');
  await cp(list.stdout.trim(), upstream, { recursive: true });
  // Nothing in Go's module cache can be written.
  await run(['chmod', '-R', 'u+w', upstream]);
  // Whatever repository the cache may be in: these files are in none.
  for (const patch of patches)
    await run(['git', 'apply', join(folder, patch)], {
      cwd: upstream,
      env: { GIT_CEILING_DIRECTORIES: dirname(upstream) },
    });
  const replace = `-replace=${component.module}=./upstream`;
  await run([go.path, 'mod', 'edit', replace, modFile], { cwd: temporary, env });
  return temporary;
}
