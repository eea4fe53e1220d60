import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { buildKubeconfig, loadKubeconfig, parseKubeconfig } from './kubeconfig.ts';

const connection = { server: 'https://192.0.2.1:6443', ca: 'CA', cert: 'CERT', key: 'KEY' };

test('what buildKubeconfig writes is read back', () => {
  const built = stringify(buildKubeconfig({ name: 'demo', connection }));
  expect(parseKubeconfig(built)).toEqual(connection);
});

test('files are read relative to the kubeconfig', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  try {
    await writeFile(join(folder, 'ca.pem'), 'CA-FILE');
    await writeFile(
      join(folder, 'config'),
      stringify({
        'current-context': 'a',
        contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
        clusters: [{ name: 'a', cluster: { server: 'https://x/', 'certificate-authority': 'ca.pem' } }],
        users: [{ name: 'a', user: { tokenFile: 'token' } }],
      }),
    );
    expect(await loadKubeconfig(join(folder, 'config'))).toEqual({
      server: 'https://x',
      ca: 'CA-FILE',
      tokenFile: join(folder, 'token'),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  ['not yaml: [', /kubeconfig:/],
  ['{}', /no current-context/],
  ['{"current-context":"a"}', /context "a" is not in the file/],
])('%s is refused', (source, message) => {
  expect(() => parseKubeconfig(source)).toThrow(message);
});

test('credential plugins are refused by name', () => {
  const source = stringify({
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'bob' } }],
    clusters: [{ name: 'a', cluster: { server: 'https://x' } }],
    users: [{ name: 'bob', user: { exec: { command: 'x' } } }],
  });
  expect(() => parseKubeconfig(source)).toThrow(/user "bob" needs a credential plugin/);
});
