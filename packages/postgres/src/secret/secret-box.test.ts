import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixedKeys, keyFile } from './key-file.ts';
import { createSecretBox } from './secret-box.ts';

const refused = /cannot be read/;
const place = 'c-1/kubeconfig';

describe('the secret box', () => {
  const box = createSecretBox(fixedKeys([randomBytes(32)]));

  it('opens what it sealed, and never seals the same twice', async () => {
    const first = await box.seal('geheim', place);
    expect(await box.open(first, place)).toBe('geheim');
    expect((await box.seal('geheim', place)).equals(first)).toBe(false);
    expect(first.includes('geheim')).toBe(false);
  });

  it('refuses another place, another key, and every changed byte', async () => {
    const sealed = await box.seal('geheim', place);
    await expect(box.open(sealed, 'c-2/kubeconfig')).rejects.toThrow(refused);
    await expect(createSecretBox(fixedKeys([randomBytes(32)])).open(sealed, place)).rejects.toThrow(refused);
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      await expect(box.open(changed, place)).rejects.toThrow(refused);
      await expect(box.rewrap(changed, place)).rejects.toThrow(refused);
    }
    await expect(box.open(Buffer.alloc(3), place)).rejects.toThrow(refused);
    await expect(box.open(Buffer.alloc(0), place)).rejects.toThrow(refused);
  });

  it('demands a key of 32 bytes', () => {
    expect(() => fixedKeys([Buffer.alloc(16)])).toThrow(/needs 32/);
  });
});

/** As the first version of the program sealed: without the name of a key. */
function sealedBefore(master: Buffer, plaintext: string, context: string): Buffer {
  const encrypt = (key: Buffer, data: Buffer): Buffer => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
    const body = Buffer.concat([cipher.update(data), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]);
  };
  const dataKey = randomBytes(32);
  return Buffer.concat([Buffer.from([1]), encrypt(master, dataKey), encrypt(dataKey, Buffer.from(plaintext))]);
}

describe('a new key', () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)];
  const [old, both, fresh] = [[older], [newer, older], [newer]].map((keys) => createSecretBox(fixedKeys(keys)));

  it.each([
    ['the format of now', async () => await old?.seal('geheim', place)],
    ['the first format', async () => sealedBefore(older, 'geheim', place)],
  ])('opens nothing old until it was rewrapped, then needs the old key no more: %s', async (_format, make) => {
    const sealed = (await make()) ?? Buffer.alloc(0);
    await expect(fresh?.open(sealed, place)).rejects.toThrow(refused);
    expect(await both?.open(sealed, place)).toBe('geheim');
    const rewrapped = (await both?.rewrap(sealed, place)) ?? Buffer.alloc(0);
    expect(await fresh?.open(rewrapped, place)).toBe('geheim');
    await expect(old?.open(rewrapped, place)).rejects.toThrow(refused);
    await expect(both?.rewrap(sealed, 'c-2/kubeconfig')).rejects.toThrow(refused);
    const prefix = await both?.prefix();
    expect([sealed, rewrapped].map((value) => value.subarray(0, 5).equals(prefix ?? value))).toEqual([false, true]);
  });
});

describe('a key file', () => {
  let file: string;
  beforeAll(async () => {
    file = join(await mkdtemp(join(tmpdir(), 'key-file-')), 'keys');
  });
  afterAll(async () => await rm(join(file, '..'), { recursive: true }));
  const write = async (...keys: readonly Buffer[]) =>
    await writeFile(file, keys.map((key) => `${key.toString('hex')}\n`).join(''));
  const [first, second] = [randomBytes(32), randomBytes(32)];

  it('may change while programs run: whoever meets an unknown key looks again', async () => {
    await write(first);
    const [writer, reader] = [await keyFile(file, { freshMs: 0 }), await keyFile(file, { freshMs: 3_600_000 })].map(
      createSecretBox,
    );
    await write(second, first);
    const sealed = (await writer?.seal('geheim', place)) ?? Buffer.alloc(0);
    expect(sealed.subarray(0, 5)).toEqual(await writer?.prefix());
    await expect(createSecretBox(fixedKeys([first])).open(sealed, place)).rejects.toThrow(refused);
    expect(await reader?.open(sealed, place)).toBe('geheim');
  });

  it('that is broken for a moment costs nothing', async () => {
    await write(first);
    const box = createSecretBox(await keyFile(file, { freshMs: 0 }));
    const sealed = await box.seal('geheim', place);
    await writeFile(file, 'half a k');
    expect(await box.open(sealed, place)).toBe('geheim');
    await rm(file);
    expect(await box.open(await box.seal('neu', place), place)).toBe('neu');
  });

  it.each([
    ['', 'bad_secret_key'],
    ['\n', 'bad_secret_key'],
    ['zz'.repeat(32), 'bad_secret_key'],
    [`${'ab'.repeat(32)}\n${'ab'.repeat(16)}\n`, 'bad_secret_key'],
  ])('with nonsense is refused at the start: %j', async (content, code) => {
    await writeFile(file, content);
    await expect(keyFile(file)).rejects.toMatchObject({ code });
    await expect(keyFile(`${file}.none`)).rejects.toMatchObject({ code: 'secret_key_file' });
  });
});
