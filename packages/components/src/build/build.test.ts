import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, TypedError } from '@matryoshka/system';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { moduleDir } from '../paths.ts';
import { findComponent } from '../versions.ts';
import { buildSlots } from './builder.ts';
import { explainBuildError } from './errors.ts';
import { estimateMs } from './estimate.ts';
import { compareGoVersions } from './go-toolchain.ts';
import { buildFlags, buildKey } from './key.ts';

const flannel = findComponent('flannel');
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'components-key-'));
  await cp(moduleDir({ name: 'flannel' }), dir, { recursive: true });
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('buildKey', () => {
  it('is the same for the same content, wherever it lies', async () => {
    expect(await buildKey(flannel, 'v0.28.10', '1.26.8', dir)).toBe(await buildKey(flannel, 'v0.28.10', '1.26.8'));
  });

  it.each(['go.mod', 'go.sum', 'main.go'])('changes with %s', async (file) => {
    const before = await buildKey(flannel, 'v0.28.10', '1.26.8', dir);
    await writeFile(join(dir, file), `${await readFile(join(dir, file), 'utf8')}\n`);
    expect(await buildKey(flannel, 'v0.28.10', '1.26.8', dir)).not.toBe(before);
  });

  it('changes with a patch', async () => {
    const before = await buildKey(flannel, 'v0.28.10', '1.26.8', dir);
    await mkdir(join(dir, 'patches'));
    await writeFile(join(dir, 'patches', '0001-x.patch'), 'x');
    expect(await buildKey(flannel, 'v0.28.10', '1.26.8', dir)).not.toBe(before);
  });

  it('changes with the Go version and the flags, not with a file that is not built', async () => {
    const before = await buildKey(flannel, 'v0.28.10', '1.26.8', dir);
    await writeFile(join(dir, 'notes.txt'), 'x');
    expect(await buildKey(flannel, 'v0.28.10', '1.26.8', dir)).toBe(before);
    expect(await buildKey(flannel, 'v0.28.10', '1.26.9', dir)).not.toBe(before);
    expect(await buildKey({ ...flannel, stamps: {} }, 'v0.28.10', '1.26.8', dir)).not.toBe(before);
  });
});

describe('buildFlags', () => {
  it('stamps both version packages of Kubernetes', () => {
    const flags = buildFlags(findComponent('kubernetes'), 'v1.36.3').at(-1);
    expect(flags).toContain('-X k8s.io/component-base/version.gitVersion=v1.36.3');
    expect(flags).toContain('-X k8s.io/client-go/pkg/version.gitMinor=36');
    expect(flags).not.toMatch(/[{}]/);
  });
});

describe('compareGoVersions', () => {
  it('compares numbers, not text', () => {
    expect(compareGoVersions('1.26.8', '1.26.5')).toBeGreaterThan(0);
    expect(compareGoVersions('1.9', '1.26')).toBeLessThan(0);
    expect(compareGoVersions('1.27', '1.27.0')).toBe(0);
  });
});

describe('buildSlots', () => {
  it('never gives none, and is bound by memory and by cores', () => {
    const gib = 2 ** 30;
    expect(buildSlots(1 * gib, 2)).toBe(1);
    expect(buildSlots(64 * gib, 2)).toBe(1);
    expect(buildSlots(13 * gib, 64)).toBe(2);
    expect(buildSlots(256 * gib, 16)).toBe(4);
  });
});

describe('estimateMs', () => {
  it('prefers what this machine needed, then the weight as this run goes', () => {
    const kine = findComponent('kine');
    expect(estimateMs(kine, { kine: 12 }, new Map())).toBe(12_000);
    expect(estimateMs(kine, {}, new Map())).toBe(kine.weightSeconds * 1000);
    expect(estimateMs(kine, {}, new Map([[flannel, flannel.weightSeconds / 2]]))).toBe(kine.weightSeconds * 500);
  });
});

describe('explainBuildError', () => {
  const said = (stderr: string): TypedError => {
    const explained = explainBuildError('capo', new CommandError(['go', 'build'], 1, stderr, ''));
    if (!(explained instanceof TypedError)) throw new Error('not a TypedError');
    return explained;
  };
  it.each([
    [
      'go: downloading a.b/c v1.0.0\nreading https://x/a.b/c/@v/v1.0.0.zip: 403 Forbidden\n\tserver response: not available: a.b/c@v1.0.0',
      'module_refused',
      'a.b/c@v1.0.0',
    ],
    [
      'go: a.b/c@v1.0.0: Get "https://x": dial tcp: lookup x: no such host',
      'no_network',
      'a.b/c@v1.0.0 could not be fetched',
    ],
    ['compile: writing output: write $WORK/b1: no space left on device', 'disk_full', 'capo: the disk is full'],
    ['# x\n./main.go:1:1: undefined: y', 'build_failed', 'does not build'],
  ])('names the cause in the first line (%#)', (stderr, code, message) => {
    const error = said(stderr);
    expect(error.code).toBe(code);
    expect(error.message.split('\n')[0]).toContain(message);
    expect(error.next).toBeTruthy();
  });

  it('lets other errors pass', () => {
    const other = new Error('x');
    expect(explainBuildError('capo', other)).toBe(other);
  });
});
