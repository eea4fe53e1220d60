import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@matryoshka/system';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { imageList } from '../images/list.ts';
import { writeImageArchive } from './archive.ts';
import { hostFiles } from './host-files.ts';
import { writeImage } from './image.ts';
import { getBlob, packLayer, sha256 } from './store.ts';
import { tar } from './tar.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'components-oci-'));
  vi.stubEnv('MATRYOSHKA_CACHE_DIR', dir);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

const long = `${'folder/'.repeat(20)}file`;
const entries = [
  { path: 'bin/b', mode: 0o755, data: Buffer.from('x'.repeat(1000)) },
  { path: 'bin/a', mode: 0o777, target: 'b' },
  { path: long, mode: 0o644, data: Buffer.from('deep') },
];

describe('tar', () => {
  it('is read back by tar(1), long names and links included', async () => {
    await writeFile(join(dir, 'x.tar'), tar(entries));
    await run(['tar', '-xf', join(dir, 'x.tar'), '-C', dir]);
    expect(await readFile(join(dir, 'bin/a'), 'utf8')).toBe('x'.repeat(1000));
    expect(await readFile(join(dir, long), 'utf8')).toBe('deep');
  });

  it('does not depend on the order of its entries', () => {
    expect(sha256(tar(entries))).toBe(sha256(tar([...entries].reverse())));
  });
});

describe('images', () => {
  const image = async () =>
    await writeImage({ user: '65532', entrypoint: ['/a'], labels: {} }, [await packLayer('k', async () => entries)]);

  it('have the same digest in another cache, and another with other content', async () => {
    const first = await image();
    await rm(join(dir, 'images'), { recursive: true });
    expect((await image()).descriptor).toEqual(first.descriptor);
    await rm(join(dir, 'images'), { recursive: true });
    const other = await packLayer('k', async () => entries.slice(1));
    expect(other.digest).not.toBe(first.manifest.layers[0]?.digest);
  });

  it('name blobs by their digest, in an archive that tar(1) reads', async () => {
    const one = await image();
    const ref = 'registry.k8s.io/x:v1';
    await writeImageArchive([{ ref, ...one }], join(dir, 'x.tar'));
    await run(['tar', '-xf', join(dir, 'x.tar'), '-C', dir]);
    const index = JSON.parse(await readFile(join(dir, 'index.json'), 'utf8'));
    expect(index.manifests[0].annotations['io.containerd.image.name']).toBe(ref);
    const digests = [one.descriptor, one.manifest.config, ...one.manifest.layers].map(({ digest }) => digest);
    for (const digest of digests) {
      const blob = await readFile(join(dir, 'blobs/sha256', digest.replace('sha256:', '')));
      expect(sha256(blob)).toBe(digest);
      expect(blob.equals(await getBlob(digest))).toBe(true);
    }
  });
});

describe('hostFiles', () => {
  it('brings the shared libraries and the loader of a program', async () => {
    const files = [...(await hostFiles({ programs: { 'bin/cp': '/bin/cp' } })).keys()];
    expect(files).toContain('bin/cp');
    expect(files.some((path) => path.endsWith('/libc.so.6'))).toBe(true);
    expect(files.some((path) => path.includes('ld-linux'))).toBe(true);
  });
});

describe('imageList', () => {
  it('has each reference once, with a numeric user and a repository without host', () => {
    const images = imageList();
    expect(images.length).toBeGreaterThanOrEqual(19);
    expect(new Set(images.map(({ ref }) => ref)).size).toBe(images.length);
    for (const { ref, repository, tag, user } of images) {
      expect(user).toMatch(/^\d+$/);
      expect(ref.endsWith(`/${repository}:${tag}`)).toBe(true);
      expect(repository).not.toMatch(/^[^/]*\./);
    }
  });
});
