import type { PoolPatch } from '@matryoshka/contract';
import type { Command } from 'commander';
import { usageError } from './errors.ts';
import { parseDuration } from './parse-duration.ts';
import { collect, parseCount, parseLabels, parseTaints } from './pool-flag.ts';

interface Bounds {
  readonly min: number;
  readonly max: number;
}

export interface PoolOptions {
  readonly label?: readonly string[];
  readonly taint?: readonly string[];
  readonly autoRepair?: boolean;
  readonly autoscale?: Bounds | 'off';
  readonly autoscalePriority?: number;
  /** Milliseconds. */
  readonly scaleDownAfter?: number;
  readonly scaleDownBelow?: number;
}

/** Adds the flags about what the workers of a pool are, and how many. */
export function withPoolFlags(command: Command): Command {
  return command
    .option('--label <key=value>', 'node label, repeatable', (text, all?: readonly string[]) =>
      collect(text, all ?? []),
    )
    .option('--taint <key=value:effect>', 'node taint, repeatable', (text, all?: readonly string[]) =>
      collect(text, all ?? []),
    )
    .option('--auto-repair', 'replace workers that are not well (default)')
    .option('--no-auto-repair', 'leave workers that are not well to you')
    .option(
      '--autoscale <min:max>',
      'let the number of workers follow what pods ask for; off: not any more',
      parseBounds,
    )
    .option('--autoscale-priority <number>', 'of the pools that would do, the one with the highest grows', (text) =>
      parseWhole(text, '--autoscale-priority'),
    )
    .option('--scale-down-after <duration>', 'a worker that is hardly used goes after so long', parseDuration)
    .option('--scale-down-below <percent>', 'hardly used: pods ask for less than this share of it', (text) =>
      parseCount(text, '--scale-down-below'),
    );
}

// Not null for `off`: commander makes an empty text of that.
function parseBounds(text: string): Bounds | 'off' {
  if (text === 'off') return 'off';
  const [min, max, ...rest] = text.split(':');
  if (min === undefined || max === undefined || rest.length > 0)
    throw usageError(`--autoscale ${text}: expected MIN:MAX or off`, 'Write for example --autoscale 1:5');
  return { min: parseCount(min, '--autoscale'), max: parseCount(max, '--autoscale') };
}

function parseWhole(text: string, flag: string): number {
  if (!/^-?\d{1,6}$/.test(text)) throw usageError(`${flag}: ${text} is not a whole number`);
  return Number(text);
}

/** What those flags ask for; what was not given is left as it is. Tuning without bounds is refused. */
export function poolBody(options: PoolOptions): Pick<PoolPatch, 'labels' | 'taints' | 'autoRepair' | 'autoscaling'> {
  const { label, taint, autoRepair, autoscale } = options;
  return {
    ...(label === undefined ? {} : { labels: { ...parseLabels(withoutEmpty(label)) } }),
    ...(taint === undefined ? {} : { taints: [...parseTaints(withoutEmpty(taint))] }),
    ...(autoRepair === undefined ? {} : { autoRepair }),
    ...(autoscale === undefined ? refuseTuningAlone(options) : { autoscaling: autoscalingBody(options, autoscale) }),
  };
}

const withoutEmpty = (texts: readonly string[]): readonly string[] => texts.filter((text) => text !== '');

function autoscalingBody(options: PoolOptions, bounds: Bounds | 'off'): PoolPatch['autoscaling'] {
  return bounds === 'off' ? null : { ...bounds, ...tuning(options) };
}

function tuning({ autoscalePriority, scaleDownAfter, scaleDownBelow }: PoolOptions): object {
  return {
    ...(autoscalePriority === undefined ? {} : { priority: autoscalePriority }),
    ...(scaleDownAfter === undefined ? {} : { scaleDownAfterSeconds: Math.round(scaleDownAfter / 1_000) }),
    ...(scaleDownBelow === undefined ? {} : { scaleDownBelowPercent: scaleDownBelow }),
  };
}

function refuseTuningAlone(options: PoolOptions): object {
  if (Object.keys(tuning(options)).length > 0)
    throw usageError('--autoscale is missing', 'Give the bounds besides, for example --autoscale 1:5.');
  return {};
}
