import { readFileIfExists, TypedError, writeFileAtomic } from '@matryoshka/system';
import { type PlatformConfig, type PlatformOptions, platformConfig, platformPaths } from '../config.ts';

const format = 1;

interface StateFile {
  readonly format: number;
  readonly config: PlatformConfig;
}

/** Records what was asked for, so that `down`, `status` and `doctor` need no flags. */
export async function writeState(config: PlatformConfig): Promise<void> {
  const state: StateFile = { format, config };
  await writeFileAtomic(platformPaths(config).stateFile, `${JSON.stringify(state, null, 2)}\n`);
}

/** The installation in a data directory; undefined when there is none. Throws TypedError `state_from_future` for one of a newer program. */
export async function readState(options: PlatformOptions = {}): Promise<PlatformConfig | undefined> {
  const asked = platformConfig(options);
  const text = await readFileIfExists(platformPaths(asked).stateFile);
  if (text === undefined) return undefined;
  const state = JSON.parse(text) as StateFile;
  if (state.format > format)
    throw new TypedError(`${platformPaths(asked).stateFile} was written by a newer Matryoshka`, {
      code: 'state_from_future',
      actor: 'user',
      next: 'Use that version, or a newer one.',
    });
  // The folder may have been moved since; everything else is as it was installed.
  return { ...state.config, dataDir: asked.dataDir };
}

/**
 * What `up` shall bring about: what was asked for before, changed by what is asked for now. Throws TypedError `cannot_change` for what an
 * installation is built upon.
 */
export async function configFor(options: PlatformOptions = {}): Promise<PlatformConfig> {
  const before = await readState(options);
  if (before === undefined) return platformConfig(options);
  const config = platformConfig({
    ...before,
    ...options,
    network: { ...before.network, ...options.network },
    ports: { ...before.ports, ...options.ports },
  });
  const refuse = (what: string): never => {
    throw new TypedError(`${what} of an installation cannot be changed`, {
      code: 'cannot_change',
      actor: 'user',
      next: 'Leave the option out, or start anew: kaas down --purge',
    });
  };
  if (config.network.cidr !== before.network.cidr) refuse('the provider network');
  if (config.network.prefix !== before.network.prefix) refuse('the prefix');
  if (config.managementNodes < before.managementNodes)
    throw new TypedError(
      `This installation has ${before.managementNodes} management nodes; they can only become more`,
      {
        code: 'cannot_change',
        actor: 'user',
        next: `Ask for ${before.managementNodes} or more, or leave the option out.`,
      },
    );
  return config;
}
