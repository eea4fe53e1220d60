import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireLock } from '@matryoshka/system';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { componentBinary } from '../binaries.ts';
import { type BuildProgress, buildComponents } from './builder.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'components-build-'));
  vi.stubEnv('MATRYOSHKA_CACHE_DIR', dir);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

describe('buildComponents', () => {
  it('builds what is absent, says so, and takes it from the cache the next time', async () => {
    await expect(componentBinary('pause')).rejects.toMatchObject({ code: 'not_built' });
    const states: BuildProgress['state'][] = [];
    const onProgress = (progress: BuildProgress): number => states.push(progress.state);
    const first = await buildComponents({ names: ['pause'], onProgress });
    const second = await buildComponents({ names: ['pause'], onProgress });
    expect(second).toEqual(first);
    expect(states[0]).toBe('building');
    expect(states.slice(-2)).toEqual(['built', 'cached']);
    expect(first[0]?.binaries.pause).toMatch(/^[0-9a-f]{64}$/);
  });

  it('removes what a killed build left, and publishes nothing of it', async () => {
    const left = join(dir, 'components', 'pause', '.building-abc');
    await mkdir(left, { recursive: true });
    await writeFile(join(left, 'pause'), 'half');
    await buildComponents({ names: ['pause'] });
    expect((await readdir(join(dir, 'components', 'pause'))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('names who is building already', async () => {
    const lock = await acquireLock(join(dir, 'components', 'lock'), 'a test');
    try {
      await expect(buildComponents({ names: ['pause'] })).rejects.toMatchObject({ code: 'locked' });
    } finally {
      await lock.release();
    }
  });

  it('stops when it is told to, leaving nothing half-made', async () => {
    const controller = new AbortController();
    const onProgress = (): void => controller.abort(new Error('enough'));
    await expect(buildComponents({ names: ['pause'], onProgress, signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    expect(await readdir(join(dir, 'components', 'pause'))).toEqual([]);
    await buildComponents({ names: ['pause'] });
  });

  it('names the module that no proxy answers for', async () => {
    vi.stubEnv('GOPROXY', 'http://127.0.0.1:9');
    vi.stubEnv('GOMODCACHE', join(dir, 'modules'));
    await expect(buildComponents({ names: ['orc'] })).rejects.toMatchObject({
      code: 'no_network',
      message: expect.stringMatching(/^orc: \S+@v\S+ could not be fetched$/),
    });
  });
});
