import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@matryoshka/testkit';
import { platformConfig, platformPaths } from '../config.ts';
import type { PlatformContext } from '../context.ts';
import { ensureSecrets } from '../secrets/secrets.ts';

/** An installation of its own that begins with nothing, for PostgreSQL and the registry; whoever asks for it removes its data directory. */
export async function testContext(): Promise<PlatformContext> {
  const dataDir = await mkdtemp(join(tmpdir(), 'mat-pg-'));
  // PostgreSQL's own user must be able to enter.
  await chmod(dataDir, 0o755);
  const config = platformConfig({
    dataDir,
    network: { address: '127.0.0.1', cidr: '198.51.100.0/24' },
    ports: { postgres: await freePort(), registry: await freePort() },
  });
  return { config, paths: platformPaths(config), secrets: await ensureSecrets(config) };
}
