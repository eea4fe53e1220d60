import type { PoolSpec, Taint } from '@matryoshka/contract';
import { usageError } from './errors.ts';

/** Gathers the values of an option that may be repeated. */
export const collect = (text: string, all: readonly string[]): readonly string[] => [...all, text];

/** `NAME:FLAVOR:COUNT`, as in `--pool workers:m1.medium:2`. */
export function parsePool(text: string): PoolSpec {
  const [name, flavor, count, ...rest] = text.split(':');
  if (!name || !flavor || count === undefined || rest.length > 0)
    throw usageError(`--pool ${text}: expected NAME:FLAVOR:COUNT`, 'Write for example --pool workers:m1.medium:2');
  return { name, flavor, count: parseCount(count, `--pool ${text}`) };
}

/** A number of workers. */
export function parseCount(text: string, where: string): number {
  if (!/^\d{1,6}$/.test(text))
    throw usageError(`${where}: the count ${text} is not a whole number of 0 or more`, 'Give a count such as 2.');
  return Number(text);
}

/** `KEY=VALUE`, repeatable and comma-separated. */
export function parseLabels(texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts
    .flatMap((text) => text.split(','))
    .map((pair): [string, string] => {
      const at = pair.indexOf('=');
      if (at < 1) throw usageError(`--label ${pair}: expected KEY=VALUE`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
  return Object.fromEntries(pairs);
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const satisfies readonly Taint['effect'][];

/** `KEY=VALUE:EFFECT` or `KEY:EFFECT`, as kubectl writes taints. */
export function parseTaints(texts: readonly string[]): readonly Taint[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((text) => {
      const match = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(text);
      const effect = effects.find((known) => known === match?.[3]);
      if (match?.[1] === undefined || effect === undefined)
        throw usageError(`--taint ${text}: expected KEY=VALUE:EFFECT`, `Effects are ${effects.join(', ')}.`);
      return { key: match[1], effect, ...(match[2] === undefined ? {} : { value: match[2] }) };
    });
}
