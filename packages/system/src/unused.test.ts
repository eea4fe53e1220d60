import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { markUsed, removeUnused } from './unused.ts';

const day = 24 * 3600_000;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unused-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

async function entry(name: string, ageDays: number): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  await writeFile(join(path, 'content'), 'x');
  const then = new Date(Date.now() - ageDays * day);
  await utimes(path, then, then);
  return path;
}

describe('removeUnused', () => {
  test('removes what was not used for long, whole, and keeps the rest and what it does not know', async () => {
    await entry('image-old', 31);
    await entry('image-new', 29);
    await entry('base', 100);
    expect(await removeUnused(folder, /^image-/, 30 * day)).toEqual(['image-old']);
    expect((await readdir(folder)).sort()).toEqual(['base', 'image-new']);
  });

  test('spares what was marked', async () => {
    await markUsed(await entry('image-old', 31));
    expect(await removeUnused(folder, /^image-/, 30 * day)).toEqual([]);
  });

  test('has nothing to do where there is nothing', async () => {
    await markUsed(join(folder, 'absent'));
    expect(await removeUnused(join(folder, 'absent'), /./, 0)).toEqual([]);
  });
});
