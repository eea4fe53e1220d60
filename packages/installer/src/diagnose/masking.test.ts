import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { secretsIn, withoutSecrets } from './masking.ts';

const pem = (what: string): string =>
  `-----BEGIN ${what}-----\nMIIBplanted+base64/of+a+${what.replace(' ', '')}==\n-----END ${what}-----`;

it('finds every secret in the files of a folder, and leaves names and certificates', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'masking-'));
  try {
    await mkdir(join(folder, 'pki'));
    const nested = { postgres: { kaas: 'planted-postgres' }, bootstrapToken: 'abcdef.0123456789abcdef' };
    await writeFile(join(folder, 'secrets.json'), JSON.stringify(nested));
    const settings = {
      env: { KAAS_DATABASE_URL: 'postgres://kaas:planted-url@%2Frun/kaas', KAAS_KEY_FILE: '/var/lib/key' },
    };
    await writeFile(join(folder, 'kaas-api.settings.json'), JSON.stringify(settings));
    await writeFile(
      join(folder, 'openstack-admin.json'),
      JSON.stringify({ username: 'administrator', password: 'planted-admin' }),
    );
    await writeFile(join(folder, 'secret-key'), 'planted-hexadecimal\nplanted-older-key\n');
    await writeFile(join(folder, 'pki', 'ca.crt'), pem('CERTIFICATE'));
    const found = await secretsIn(folder);
    expect(found).toEqual(
      expect.arrayContaining([
        'planted-postgres',
        'abcdef.0123456789abcdef',
        'planted-url',
        'planted-admin',
        'planted-hexadecimal',
        'planted-older-key',
      ]),
    );
    expect(found.join()).not.toMatch(/administrator|CERTIFICATE|var\/lib/);
    expect(withoutSecrets('log in with planted-admin at once', found)).toBe('log in with [masked] at once');
  } finally {
    await rm(folder, { recursive: true });
  }
});

it.each([
  ['a private key', pem('EC PRIVATE KEY'), '[masked]'],
  ['a signed token', 'token eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJl.c2lnbmF0dXJl', 'token [masked]'],
  ['a header', 'Authorization: Bearer planted123', 'Authorization: Bearer [masked]'],
  ['a URL with a password', 'postgres://kaas:planted@host/db', 'postgres://kaas:[masked]@host/db'],
  ['a join token', 'join abcdef.0123456789abcdef', 'join [masked]'],
  ['a token of the service', `t=kaas_pat_${'aB-_9'.repeat(10)}x`, 't=[masked]'],
  ['a member of JSON', '{"client_secret": "planted", "name": "n"}', '{"client_secret": "[masked]", "name": "n"}'],
  ['a certificate, which is none', pem('CERTIFICATE'), pem('CERTIFICATE')],
  ['an address, which is none', 'https://172.29.0.1:6443/api', 'https://172.29.0.1:6443/api'],
])('knows %s without being told', (_, text, expected) => {
  expect(withoutSecrets(text, [])).toBe(expected);
});
