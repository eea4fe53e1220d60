import type { PoolPatch } from '@matryoshka/contract';
import type { Command } from 'commander';
import { parseDuration } from './parse-duration.ts';
import { parseCount } from './pool-flag.ts';

export interface RolloutOptions {
  readonly kubernetesVersion?: string;
  readonly maxSurge?: number;
  readonly maxUnavailable?: number;
  /** Milliseconds. */
  readonly drainTimeout?: number;
}

/** Adds the flags about the version of workers and how they are replaced. */
export function withRollout(command: Command): Command {
  const count = (flag: string) => (text: string) => parseCount(text, flag);
  return command
    .option('--kubernetes-version <version>', 'of the workers, not newer than the control plane')
    .option('--max-surge <count>', 'so many workers more while they are replaced', count('--max-surge'))
    .option('--max-unavailable <count>', 'so many fewer', count('--max-unavailable'))
    .option(
      '--drain-timeout <duration>',
      'how long a worker may take to be emptied; 0s: as long as it takes',
      parseDuration,
    );
}

/** What those flags ask for; what was not given is left as it is. */
export function rolloutBody(options: RolloutOptions): Pick<PoolPatch, 'kubernetesVersion' | 'rollout'> {
  const { kubernetesVersion, maxSurge, maxUnavailable, drainTimeout } = options;
  const rollout = {
    ...(maxSurge === undefined ? {} : { maxSurge }),
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
    ...(drainTimeout === undefined ? {} : { drainTimeoutSeconds: Math.round(drainTimeout / 1_000) }),
  };
  return {
    ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }),
    ...(Object.keys(rollout).length === 0 ? {} : { rollout }),
  };
}
