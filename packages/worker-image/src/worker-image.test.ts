import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selectOptions, selectSources } from './apt.ts';
import { keyOf, publishOnce, sha256Folder } from './cache.ts';
import { containerdConfig, hostsToml } from './containerd-config.ts';
import { bootSector, coreImageAt, partitionEntry } from './disk.ts';
import { checkOptions } from './options.ts';
import { renderedFiles, renderedLinks } from './overlay.ts';
import { debianPackagesOf } from './packages.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'worker-image-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('keys', () => {
  it('do not depend on the order of properties, but on every value', () => {
    expect(keyOf({ a: 1, b: [1, 2] })).toBe(keyOf({ b: [1, 2], a: 1 }));
    expect(keyOf({ a: 1 })).not.toBe(keyOf({ a: 2 }));
    expect(keyOf({ b: [1, 2] })).not.toBe(keyOf({ b: [2, 1] }));
  });

  it('of a folder change with a name and with a content', async () => {
    await mkdir(join(dir, 'x'));
    await writeFile(join(dir, 'x/a'), '1');
    const first = await sha256Folder(dir);
    await writeFile(join(dir, 'x/a'), '2');
    const second = await sha256Folder(dir);
    await writeFile(join(dir, 'x/b'), '');
    expect(new Set([first, second, await sha256Folder(dir)]).size).toBe(3);
  });
});

describe('publishOnce', () => {
  const complete = async (folder: string): Promise<boolean> =>
    await readFile(join(folder, 'f')).then(
      () => true,
      () => false,
    );

  it('makes a folder once for two who ask at the same time', async () => {
    let made = 0;
    const make = async (work: string): Promise<void> => {
      made += 1;
      await writeFile(join(work, 'f'), 'x');
    };
    const folder = join(dir, 'k');
    await Promise.all([publishOnce(folder, complete, make), publishOnce(folder, complete, make)]);
    expect(made).toBe(1);
    expect(await readdir(folder)).toEqual(['f']);
  });

  it('removes what a killed build left, and shows nothing of a failed one', async () => {
    await mkdir(join(dir, 'k.work-dead'));
    const failed = publishOnce(join(dir, 'k'), complete, async (work) => {
      await writeFile(join(work, 'f'), 'x');
      throw new Error('broken');
    });
    await expect(failed).rejects.toThrow('broken');
    expect((await readdir(dir)).filter((name) => name !== 'k.lock')).toEqual([]);
  });

  it('names a full disk', async () => {
    const failed = publishOnce(join(dir, 'k'), complete, async () => {
      throw new Error('write: No space left on device');
    });
    await expect(failed).rejects.toMatchObject({ code: 'disk_full' });
  });
});

describe('apt of the host', () => {
  it('is followed for our release and Debian only', () => {
    const text =
      'deb http://m/debian/ bookworm main\ndeb http://m/debian/ bookworm main\ndeb http://m/debian/ trixie main\n\n';
    expect(selectSources(`${text}deb http://m/s/ bookworm-security main\n`)).toEqual([
      'deb http://m/debian/ bookworm main',
      'deb http://m/s/ bookworm-security main',
    ]);
  });

  it('hands over proxy and checks, not its index settings', () => {
    const dump =
      'Acquire::http::Proxy "http://p:1";\nAcquire::IndexTargets::x "y";\nAcquire::Check-Date "false";\nAcquire::http "";';
    expect(selectOptions(dump)).toEqual(['Acquire::http::Proxy "http://p:1";', 'Acquire::Check-Date "false";']);
  });
});

describe('configuration', () => {
  it('sends a registry to the mirror and knows the real host of Docker Hub', () => {
    expect(hostsToml('docker.io', 'http://10.0.0.1:5050', null)).toContain('server = "https://registry-1.docker.io"');
    expect(hostsToml('quay.io', 'http://10.0.0.1:5050', null)).toContain('[host."http://10.0.0.1:5050"]');
  });

  it("asks the provider's proxy before the upstream registry", () => {
    const text = hostsToml('quay.io', null, 'mirror.example/proxy');
    expect(text).toContain('[host."https://mirror.example/v2/proxy/quay.io"]');
    expect(text).toContain('override_path = true');
  });

  it('has no mirror files without a mirror', () => {
    const inputs = { kubernetesVersion: 'v1.36.3', sandboxImage: 'registry.k8s.io/pause:3.10' };
    const paths = (registryMirror: string | null): readonly string[] => [
      ...renderedFiles({ ...inputs, registryMirror, registryPrefix: null }).keys(),
    ];
    expect(paths(null).filter((path) => path.includes('certs.d'))).toEqual([]);
    expect(paths('http://10.0.0.1:5050')).toContain('etc/containerd/certs.d/registry.k8s.io/hosts.toml');
  });

  it('keeps the line that node-setup edits at boot', async () => {
    expect(containerdConfig('x')).toContain('restrict_oom_score_adj = false');
    const script = await readFile(new URL('../rootfs/usr/lib/matryoshka/node-setup', import.meta.url), 'utf8');
    expect(script).toContain('restrict_oom_score_adj = ');
  });

  it('never masks a unit that it enables', () => {
    const links = renderedLinks();
    for (const [path] of links)
      if (path.includes('.wants/')) {
        const unit = path.split('/').at(-1);
        expect(links.has(`etc/systemd/system/${unit}`)).toBe(false);
      }
  });

  it('brings a kernel in the disk only', () => {
    expect(debianPackagesOf('machine').filter((name) => /linux-image|grub/.test(name))).toEqual([]);
    expect(debianPackagesOf('disk')).toEqual(expect.arrayContaining([...debianPackagesOf('machine')]));
  });
});

describe('boot sector', () => {
  it('ends in the magic number, keeps the boot code and describes the partition', () => {
    const sector = bootSector(Buffer.alloc(512, 0x90), 1024 * 1024 * 1024, 0xdeadbeef);
    expect(sector.readUInt16LE(510)).toBe(0xaa55);
    expect(sector.readUInt8(0)).toBe(0x90);
    expect(sector.readUInt32LE(440)).toBe(0xdeadbeef);
    const entry = sector.subarray(446, 462);
    expect(entry).toEqual(partitionEntry(1024 * 1024 * 1024));
    expect(entry.readUInt32LE(8) + entry.readUInt32LE(12)).toBe((1024 * 1024 * 1024) / 512);
  });

  it('counts the sectors of the core image that follow the first', () => {
    const core = coreImageAt(Buffer.alloc(512 * 3 + 1));
    expect(core.readBigUInt64LE(500)).toBe(2n);
    expect(core.readUInt16LE(508)).toBe(3);
  });
});

describe('options', () => {
  it.each([
    [{ kubernetesVersion: '1.36.3' }, /1\.36\.3 is not of the form/],
    [{ kubernetesVersion: 'v1.36.3', registryMirror: 'mirror:5050' }, /mirror:5050 is not/],
    [{ kubernetesVersion: 'v1.36.3', registryPrefix: 'https://x' }, /https:\/\/x is not/],
    [{ kubernetesVersion: 'v1.36.3', images: [{ archive: '/x', refs: ['pause'] }] }, /pause is not a full reference/],
  ])('refuse %j', (options, message) => {
    expect(() => checkOptions(options)).toThrow(message);
  });
});
