import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFileIfExists, writeFileAtomic } from './files.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'system-files-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('writeFileAtomic', () => {
  it('creates the folder and sets the mode', async () => {
    const path = join(dir, 'a', 'b');
    await writeFileAtomic(path, 'secret', 0o600);
    expect(await readFile(path, 'utf8')).toBe('secret');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('leaves no temporary file when the replacement fails', async () => {
    await writeFileAtomic(join(dir, 'folder', 'file'), 'x');
    await expect(writeFileAtomic(join(dir, 'folder'), 'y')).rejects.toThrow();
    expect(await readdir(dir)).toEqual(['folder']);
  });

  it('survives many writers at once: the content is one of theirs, whole', async () => {
    const path = join(dir, 'shared');
    await Promise.all(Array.from({ length: 20 }, (_, i) => writeFileAtomic(path, String(i).repeat(10_000))));
    const content = await readFile(path, 'utf8');
    expect(new Set(content.match(/\d+/g)).size).toBe(1);
    expect(await readdir(dir)).toEqual(['shared']);
  });
});

describe('readFileIfExists', () => {
  it('tells an absent file from an unreadable one', async () => {
    expect(await readFileIfExists(join(dir, 'absent'))).toBeUndefined();
    await expect(readFileIfExists(dir)).rejects.toThrow();
  });
});
