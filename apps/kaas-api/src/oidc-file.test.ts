import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOidcFile } from './oidc-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oidc-file-'));
});
afterAll(async () => await rm(folder, { recursive: true }));

const corp = { name: 'corp', issuer: 'https://id.example.com/realm', clientId: 'kaas' };
const read = async (content: unknown) => {
  const file = join(folder, 'oidc.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return await readOidcFile(file);
};

describe('the file of issuers', () => {
  it('gives what is left out its default', async () => {
    expect(await read([corp])).toEqual([
      {
        ...corp,
        title: 'corp',
        scopes: ['openid', 'email', 'profile'],
        groupsClaim: 'groups',
        sessionMs: 8 * 3_600_000,
        providerGroups: [],
      },
    ]);
    expect(await readOidcFile(undefined)).toEqual([]);
  });

  it('always asks for an ID token, once', async () => {
    expect((await read([{ ...corp, scopes: ['groups', 'openid', 'groups'] }]))[0]?.scopes).toEqual([
      'groups',
      'openid',
    ]);
    expect((await read([{ ...corp, scopes: ['groups'] }]))[0]?.scopes).toEqual(['groups', 'openid']);
  });

  it.each([
    ['no JSON', '{', /cannot be read/],
    ['no list', corp, /array/],
    ['a name that no command line could hold', [{ ...corp, name: 'Our Corp' }], /\/0\/name/],
    ['a misspelt member', [{ ...corp, clientID: 'x' }], /\/0/],
    ['an address anybody could answer at', [{ ...corp, issuer: 'http://id.example.com' }], /not an https address/],
    ['no address', [{ ...corp, issuer: 'corp' }], /not an https address/],
    ['two of one name', [corp, corp], /two issuers are named corp/],
    ['a session without end', [{ ...corp, sessionHours: 1000 }], /\/0\/sessionHours/],
  ])('refuses %s, and says where', async (_what, content, message) => {
    await expect(read(content)).rejects.toThrow(message);
    await expect(read(content)).rejects.toMatchObject({ code: 'configuration' });
  });

  it('takes http on this machine only, for trying', async () => {
    expect(await read([{ ...corp, issuer: 'http://127.0.0.1:5556/dex' }])).toHaveLength(1);
  });
});
