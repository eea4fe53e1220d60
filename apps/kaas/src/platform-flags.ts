import type { Terminal } from '@matryoshka/cli';
import type { FlowEvent, PlatformConfig, PlatformOptions } from '@matryoshka/installer';
import type { Command } from 'commander';

export interface PlatformFlags {
  readonly dataDir?: string;
  readonly managementNodes?: number;
  readonly kubernetesVersion?: string;
  readonly network?: string;
  readonly prefix?: string;
  readonly apiPort?: number;
  readonly images?: 'build' | 'upstream';
  readonly registryPrefix?: string;
}

/** What the installer is asked for by flags. */
export function platformOptions(flags: PlatformFlags): PlatformOptions {
  const { dataDir, managementNodes, kubernetesVersion, images, registryPrefix, network, prefix, apiPort } = flags;
  return {
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(managementNodes === undefined ? {} : { managementNodes }),
    ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }),
    ...(images === undefined ? {} : { images }),
    ...(registryPrefix === undefined ? {} : { registryPrefix }),
    network: { ...(network === undefined ? {} : { cidr: network }), ...(prefix === undefined ? {} : { prefix }) },
    ...(apiPort === undefined ? {} : { ports: { api: apiPort } }),
  };
}

export const withDataDir = (command: Command): Command =>
  command.option('--data-dir <folder>', 'where the platform lives (MATRYOSHKA_DATA_DIR, /var/lib/matryoshka)');

/** Runs `up` with its progress on the terminal. */
export async function bringUp(
  options: PlatformFlags,
  terminal: Terminal,
): Promise<{ readonly config: PlatformConfig; readonly upMs: number }> {
  const { up } = await import('@matryoshka/installer');
  const started = performance.now();
  const config = await withProgress(
    terminal,
    async (onProgress) => await up({ platform: platformOptions(options), onProgress, signal: terminal.signal }),
  );
  return { config, upMs: performance.now() - started };
}

/** Shows the steps of what the installer does. */
export async function withProgress<T>(
  terminal: Terminal,
  work: (onProgress: (event: FlowEvent) => void) => Promise<T>,
): Promise<T> {
  const { progressWriter } = await import('@matryoshka/installer');
  const columns = process.stderr.columns;
  const progress = progressWriter({
    write: terminal.stderr,
    tty: terminal.stderrIsTty,
    ...(columns === undefined ? {} : { columns }),
  });
  try {
    return await work(progress.onEvent);
  } finally {
    progress.close();
  }
}
