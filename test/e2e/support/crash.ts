import { daemonStatus } from '@matryoshka/system';
import { paths } from './platform.ts';

/** SIGKILL, by the process id that the platform noted; nothing where the process does not run. */
export async function killDaemon(
  name: 'postgres' | 'registry' | 'pocket-cloud' | 'kaas-api' | 'kaas-controller',
): Promise<void> {
  const identity = await daemonStatus(paths.pidFile(name));
  if (identity !== undefined) process.kill(identity.pid, 'SIGKILL');
}
