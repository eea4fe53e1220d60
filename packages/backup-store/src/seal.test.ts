import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directoryStore } from './directory.ts';
import { newIdentity, parseIdentity, seal, unseal } from './seal.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mat-backup-'));
});
afterEach(async () => await rm(root, { recursive: true, force: true }));
const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const words = Buffer.from('a secret that nobody shall read. '.repeat(40_000));

describe('what is sealed', () => {
  it('opens again with its identity, is smaller, and shows nothing', async () => {
    const identity = await newIdentity();
    const sealed = await buffer(await seal(Readable.from([words, randomBytes(10)]), identity));
    expect(sealed.length).toBeLessThan(words.length / 10);
    expect(sealed.includes('secret that')).toBe(false);
    const opened = await buffer(await unseal(Readable.from([sealed]), identity));
    expect(hash(opened.subarray(0, words.length))).toBe(hash(words));
    expect(opened.length).toBe(words.length + 10);
  });

  it('does not open with another one, nor when it was cut off or changed', async () => {
    const identity = await newIdentity();
    const sealed = await buffer(await seal(Readable.from([randomBytes(300_000)]), identity));
    await expect(unseal(Readable.from([sealed]), await newIdentity())).rejects.toMatchObject({
      code: 'backup_unreadable',
    });
    const cut = unseal(Readable.from([sealed.subarray(0, 200_000)]), identity);
    await expect(cut.then(async (stream) => await buffer(stream))).rejects.toThrow();
    const changed = Buffer.from(sealed);
    changed[150_000] = (changed[150_000] ?? 0) ^ 1;
    await expect(
      unseal(Readable.from([changed]), identity).then(async (stream) => await buffer(stream)),
    ).rejects.toThrow();
  });

  it('fails when its source does', async () => {
    const source = Readable.from(
      (async function* () {
        yield Buffer.from('first');
        throw new Error('the source broke');
      })(),
    );
    await expect(seal(source, await newIdentity()).then(async (stream) => await buffer(stream))).rejects.toThrow(
      'the source broke',
    );
  });

  it('has an identity as age-keygen writes it', async () => {
    const identity = await newIdentity();
    expect(parseIdentity(`# created: today\n# public key: age1x\n${identity}\n`)).toBe(identity);
    for (const text of ['', 'nonsense', `${identity}\n${identity}`])
      expect(() => parseIdentity(text)).toThrow('holds no single');
  });
});

describe('a folder of backups', () => {
  it('keeps, gives and removes', async () => {
    const store = directoryStore(root);
    expect(await store.put('c-1/b-2.age', Readable.from([Buffer.from('two')]))).toBe(3);
    await store.put('c-1/b-1.age', Readable.from([Buffer.from('one')]));
    await store.put('c-2/b-3.age', Readable.from([Buffer.from('three')]));
    await store.put('c-1/b-1.age', Readable.from([Buffer.from('once more')]));
    expect((await readdir(join(root, 'c-1'))).toSorted()).toEqual(['b-1.age', 'b-2.age']);
    expect((await buffer(await store.get('c-1/b-1.age'))).toString()).toBe('once more');
    for (const _ of [1, 2]) await store.remove('c-1/b-1.age');
    await expect(store.get('c-1/b-1.age')).rejects.toMatchObject({ code: 'backup_missing' });
    await expect(store.get('../../etc/passwd')).rejects.toThrow('no name');
  });

  it('shows nothing of what was broken off, and keeps what was there before', async () => {
    const store = directoryStore(root);
    await store.put('c-1/b-1.age', Readable.from([Buffer.from('whole')]));
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        throw new Error('gone');
      })(),
    );
    await expect(store.put('c-1/b-1.age', broken)).rejects.toThrow('gone');
    expect(await readdir(join(root, 'c-1'))).toEqual(['b-1.age']);
    expect(await readFile(join(root, 'c-1/b-1.age'), 'utf8')).toBe('whole');
  });
});
