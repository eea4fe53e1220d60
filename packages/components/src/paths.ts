import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where build results live, outside every checkout: `MATRYOSHKA_CACHE_DIR`, default `~/.cache/matryoshka`. */
export function cacheDir(): string {
  return process.env.MATRYOSHKA_CACHE_DIR ?? join(homedir(), '.cache', 'matryoshka');
}

/** The folder with the Go module of a component. */
export function moduleDir({ name, folder }: { readonly name: string; readonly folder?: string }): string {
  return fileURLToPath(new URL(`../go/${folder ?? name}/`, import.meta.url));
}
