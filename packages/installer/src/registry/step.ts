import { join } from 'node:path';
import { daemonStatus, readFileIfExists, stopDaemon, writeFileAtomic } from '@matryoshka/system';
import { request } from 'undici';
import { stringify } from 'yaml';
import type { PlatformConfig, PlatformPaths } from '../config.ts';
import type { PlatformStep } from '../context.ts';
import { ensureDaemon } from '../processes/ensure-daemon.ts';

/** Configuration of Debian's docker-registry (distribution 2.8, configuration reference). */
export function registryConf(config: PlatformConfig, paths: PlatformPaths): string {
  return stringify({
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: join(paths.registry, 'data') },
      delete: { enabled: true },
      cache: { blobdescriptor: 'inmemory' },
    },
    http: { addr: `${config.network.address}:${config.ports.registry}` },
  });
}

/** The registry that mirrors the upstream image names. */
export function registryStep(after: readonly string[]): PlatformStep {
  return {
    id: 'registry',
    title: 'image registry',
    after,
    check: async ({ config, paths }) =>
      (await daemonStatus(paths.pidFile('registry'))) !== undefined &&
      (await readFileIfExists(join(paths.registry, 'config.yml'))) === registryConf(config, paths) &&
      (await registryAnswers(config)),
    apply: async ({ config, paths }, run) => {
      const file = join(paths.registry, 'config.yml');
      const conf = registryConf(config, paths);
      if ((await readFileIfExists(file)) !== conf) {
        await stopDaemon(paths.pidFile('registry'));
        await writeFileAtomic(file, conf);
      }
      await ensureDaemon({
        spec: {
          name: 'registry',
          argv: ['docker-registry', 'serve', file],
          pidFile: paths.pidFile('registry'),
          logFile: paths.logFile('registry'),
        },
        ready: async () => await registryAnswers(config),
        run,
        timeoutMs: 30_000,
      });
    },
  };
}

/** Whether the registry answers `GET /v2/` (OCI distribution specification, end-1). */
export async function registryAnswers(config: PlatformConfig): Promise<boolean> {
  try {
    const response = await request(`http://${config.network.address}:${config.ports.registry}/v2/`, {
      headersTimeout: 3000,
    });
    await response.body.dump();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}
