import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon, stopDaemon, waitFor } from '@matryoshka/system';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeImage } from './image.ts';
import { pushImage } from './push.ts';
import { packLayer } from './store.ts';

let dir: string;
let registry: string;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const answers = async (): Promise<boolean> => {
  try {
    return (await fetch(`http://${registry}/v2/`)).ok;
  } catch {
    return false;
  }
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'components-registry-'));
  vi.stubEnv('MATRYOSHKA_CACHE_DIR', join(dir, 'cache'));
  registry = `127.0.0.1:${await freePort()}`;
  const config = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(dir, 'registry') } },
    http: { addr: registry, secret: 'test' },
  };
  await writeFile(join(dir, 'registry.json'), JSON.stringify(config));
  await startDaemon({
    name: 'docker-registry',
    argv: ['docker-registry', 'serve', join(dir, 'registry.json')],
    pidFile: join(dir, 'registry.pid'),
    logFile: join(dir, 'registry.log'),
  });
  expect(await waitFor(answers, { timeoutMs: 20_000 })).toBe(true);
});

afterEach(async () => {
  await stopDaemon(join(dir, 'registry.pid'));
  await rm(dir, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

const image = async (content: string) =>
  await writeImage({ user: '65532', entrypoint: ['/a'], labels: {} }, [
    await packLayer('common', async () => [{ path: 'common', mode: 0o644, data: Buffer.from('common') }]),
    await packLayer(content, async () => [{ path: 'a', mode: 0o755, data: Buffer.from(content) }]),
  ]);

describe('pushImage to a real registry', () => {
  it('sends everything once, nothing the second time, and only what changed the third', async () => {
    const target = { registry, repository: 'group/thing', tag: 'v1' };
    const first = await image('one');
    expect(await pushImage(target, first)).toEqual({ uploadedBlobs: 3, uploadedManifests: 1 });
    expect(await pushImage(target, first)).toEqual({ uploadedBlobs: 0, uploadedManifests: 0 });
    const second = await image('two');
    expect(await pushImage(target, second)).toEqual({ uploadedBlobs: 2, uploadedManifests: 1 });
    const response = await fetch(`http://${registry}/v2/group/thing/manifests/v1`, {
      headers: { accept: second.manifest.mediaType },
    });
    expect(response.headers.get('docker-content-digest')).toBe(second.descriptor.digest);
    expect(await response.json()).toEqual(second.manifest);
  });

  it('says which registry does not answer', async () => {
    await stopDaemon(join(dir, 'registry.pid'));
    const target = { registry, repository: 'x', tag: 'v1' };
    await expect(pushImage(target, await image('one'))).rejects.toMatchObject({ code: 'registry_unreachable' });
  });
});
