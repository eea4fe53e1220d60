import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storeEntry } from './files.ts';
import { entryOf, mergeKubeconfig } from './merge.ts';

const entry = { context: 'demo', cluster: { server: 'https://new:6443' }, user: { token: 'new' } };

describe('mergeKubeconfig', () => {
  it('replaces its own entries in place and keeps everything else, comments included', () => {
    const before = `# my clusters
apiVersion: v1
kind: Config
clusters:
  # the old laptop
  - name: other
    cluster: { server: https://other:6443 } # do not touch
  - name: demo
    cluster:
      server: https://old:6443
contexts:
  - name: demo
    context:
      cluster: demo
      user: demo
      namespace: shop # chosen by hand
current-context: other
users:
  - name: other
    user: {}
`;
    expect(mergeKubeconfig(before, entry, 'x')).toBe(`# my clusters
apiVersion: v1
kind: Config
clusters:
  # the old laptop
  - name: other
    cluster: { server: https://other:6443 } # do not touch
  - name: demo
    cluster:
      server: https://new:6443
contexts:
  - name: demo
    context:
      cluster: demo
      user: demo
      namespace: shop # chosen by hand
current-context: demo
users:
  - name: other
    user: {}
  - name: demo
    user:
      token: new
`);
  });

  it('is the same the second time, and starts from nothing', () => {
    const once = mergeKubeconfig('', entry, 'x');
    expect(mergeKubeconfig(once, entry, 'x')).toBe(once);
    expect(entryOf(once, 'demo')).toEqual(entry);
  });

  it('fills lists that kubectl wrote as null or []', () => {
    const text = mergeKubeconfig('apiVersion: v1\nclusters: null\ncontexts: []\nusers: null\n', entry, 'x');
    expect(entryOf(text, 'demo')).toEqual(entry);
  });

  it.each(['[1, 2]', 'clusters: {a: 1}', 'a: [', 'just text'])('refuses %j instead of destroying it', (text) => {
    expect(() => mergeKubeconfig(text, entry, '/some/file')).toThrow(/\/some\/file/);
  });
});

describe('storeEntry', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kaas-kubeconfig-'));
  });
  afterEach(async () => {
    await rm(home, { recursive: true, force: true });
  });
  const file = (name: string): string => join(home, name);
  const owner = mergeKubeconfig('', { ...entry, cluster: { server: 'https://old' } }, 'x', false);

  it('goes to ~/.kube/config without KUBECONFIG, also through a link', async () => {
    expect(await storeEntry({ env: {}, home }, entry)).toBe(file('.kube/config'));
    await rm(file('.kube/config'));
    await writeFile(file('real'), '');
    await symlink(file('real'), file('.kube/config'));
    await storeEntry({ env: {}, home }, entry);
    expect(await readFile(file('real'), 'utf8')).toContain('https://new:6443');
  });

  it('goes to the file that owns the context, and the first file names the current one', async () => {
    await writeFile(file('a'), 'apiVersion: v1\ncurrent-context: other # note\n');
    await writeFile(file('b'), owner);
    const env = { KUBECONFIG: `${file('a')}:${file('b')}` };
    expect(await storeEntry({ env, home }, entry)).toBe(file('b'));
    expect(await readFile(file('b'), 'utf8')).toContain('https://new:6443');
    expect(await readFile(file('a'), 'utf8')).toContain('current-context: demo');
    expect((await readdir(home)).sort()).toEqual(['a', 'b']);
  });

  it('creates the last file of the list when none exists', async () => {
    const env = { KUBECONFIG: `${file('a')}:${file('b')}` };
    expect(await storeEntry({ env, home }, entry)).toBe(file('b'));
  });

  it('keeps what many writers at once put in', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `cluster-${index}`);
    await Promise.all(names.map((context) => storeEntry({ env: {}, home }, { ...entry, context })));
    const text = await readFile(file('.kube/config'), 'utf8');
    for (const name of names) expect(text).toContain(`- name: ${name}\n    user:`);
  });

  it('names the lock of somebody else', async () => {
    await storeEntry({ env: {}, home }, entry);
    await writeFile(file('.kube/config.lock'), '');
    await expect(storeEntry({ env: {}, home }, { ...entry, context: 'x' }, 100)).rejects.toThrow(
      /is locked by another/,
    );
  });
});
