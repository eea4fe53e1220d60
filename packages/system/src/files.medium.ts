import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeFolder } from './files.ts';
import { run } from './run.ts';

let dir: string;
let disk: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'system-folder-'));
  disk = join(dir, 'disk');
  await mkdir(disk);
  await run(['mount', '-t', 'tmpfs', 'tmpfs', disk]);
  await mkdir(join(disk, 'a'));
  await writeFile(join(disk, 'a', 'b'), 'x');
});
afterEach(async () => {
  await run(['umount', '-l', disk], { okCodes: 'any' });
  await rm(dir, { recursive: true, force: true });
});

describe('removeFolder', () => {
  it('empties one that a disk is mounted on', async () => {
    await removeFolder(disk);
    expect(await readdir(disk)).toEqual([]);
    await run(['mountpoint', '-q', disk]);
  });

  it('says what it cannot remove inside, and takes one that is gone for removed', async () => {
    await expect(removeFolder(dir)).rejects.toMatchObject({ code: 'EBUSY' });
    await run(['umount', disk]);
    await removeFolder(dir);
    await removeFolder(dir);
    await expect(readdir(dir)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
