import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheDir } from '../paths.ts';
import type { Component } from '../versions.ts';

/** What a finished build leaves beside its binaries (`build.json`). */
export interface BuildResult {
  readonly component: string;
  readonly version: string;
  readonly key: string;
  readonly goVersion: string;
  readonly seconds: number;
  /** File name → sha256 (hex). */
  readonly binaries: Readonly<Record<string, string>>;
}

/** Folder of a finished build. */
export const resultDir = (component: Component, key: string): string =>
  join(cacheDir(), 'components', component.name, key);

/** The record of a finished build, or undefined: the folder is published whole, so its record says it is complete. */
export async function readResult(folder: string): Promise<BuildResult | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'build.json'), 'utf8')) as BuildResult;
  } catch {
    return undefined;
  }
}

/** sha256 of a file, hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
