import { join } from 'node:path';
import { readFileIfExists, writeFileAtomic } from '@matryoshka/system';
import { cacheDir } from '../paths.ts';
import type { Component } from '../versions.ts';

type Durations = Readonly<Record<string, number>>;

const file = (): string => join(cacheDir(), 'components', 'durations.json');

/** Seconds that earlier builds took on this machine, by component name. */
export async function recordedDurations(): Promise<Durations> {
  try {
    return JSON.parse((await readFileIfExists(file())) ?? '{}') as Durations;
  } catch {
    return {};
  }
}

/** Remembers how long a build took. */
export async function recordDuration(name: string, seconds: number): Promise<void> {
  await writeFileAtomic(file(), JSON.stringify({ ...(await recordedDurations()), [name]: Math.round(seconds) }));
}

/** Expected build time in ms: what this machine needed before, else the list's weight scaled by how this machine did in `thisRun`. */
export function estimateMs(component: Component, recorded: Durations, thisRun: ReadonlyMap<Component, number>): number {
  const before = recorded[component.name];
  if (before !== undefined) return before * 1000;
  let weight = 0;
  let seconds = 0;
  for (const [done, took] of thisRun) {
    weight += done.weightSeconds;
    seconds += took;
  }
  const scale = weight === 0 ? 1 : seconds / weight;
  return component.weightSeconds * scale * 1000;
}
