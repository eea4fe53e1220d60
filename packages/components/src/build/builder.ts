import { readdir, rm } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import { acquireLock } from '@matryoshka/system';
import { cacheDir } from '../paths.ts';
import { type Component, chooseVersion, findComponent, listComponents } from '../versions.ts';
import { compile } from './compile.ts';
import { estimateMs, recordDuration, recordedDurations } from './estimate.ts';
import { ensureGo } from './go-toolchain.ts';
import { buildKey } from './key.ts';
import { type BuildResult, readResult, resultDir } from './result.ts';

export interface BuildProgress {
  readonly component: string;
  readonly version: string;
  readonly state: 'cached' | 'building' | 'built';
  /** A module being fetched, when the build waits for the network. */
  readonly downloading?: string;
  readonly done: number;
  readonly total: number;
  readonly elapsedMs: number;
  /** Estimate for everything that is left, this component included. */
  readonly remainingMs: number;
}

export interface BuildOptions {
  /** Components to build; default all. `kubernetes@v1.35.4` asks for a version that is not the default. */
  readonly names?: readonly string[];
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

interface Job {
  readonly component: Component;
  readonly version: string;
  readonly key: string;
}

const memoryPerBuildBytes = 6 * 2 ** 30;

/** Builds at once: a Kubernetes-sized build takes up to 6 GiB and, alone, keeps about four cores busy. */
export function buildSlots(freeBytes: number, cores: number): number {
  return Math.max(1, Math.min(Math.floor(freeBytes / memoryPerBuildBytes), Math.floor(cores / 4)));
}

/**
 * Builds what is not in the cache yet and resolves with the record of every component asked for. Safe to end at any moment and to run
 * again. Throws TypedError: `unknown_component`, `unknown_version`, `locked`, `go_missing`, `no_network`, `module_refused`, `disk_full`, `build_failed`…
 */
export async function buildComponents(options: BuildOptions = {}): Promise<readonly BuildResult[]> {
  const wanted = (options.names ?? listComponents().map((component) => component.name)).map(parseName);
  const go = await ensureGo(options);
  const jobs: Job[] = [];
  for (const { component, version } of wanted)
    jobs.push({ component, version, key: await buildKey(component, version, go.version) });
  const missing: Job[] = [];
  const results: BuildResult[] = [];
  for (const job of jobs) {
    const known = await readResult(resultDir(job.component, job.key));
    if (known === undefined) missing.push(job);
    else {
      results.push(known);
      const { component, version } = job;
      const counts = { done: results.length, total: jobs.length, elapsedMs: 0, remainingMs: 0 };
      options.onProgress?.({ component: component.name, version, state: 'cached', ...counts });
    }
  }
  if (missing.length === 0) return results;
  const lock = await acquireLock(join(cacheDir(), 'components', 'lock'), 'building components');
  try {
    await removeLeftovers();
    const recorded = await recordedDurations();
    const took = new Map<Component, number>();
    const began = performance.now();
    const queue = [...missing];
    const failed = new AbortController();
    const signal = options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
    const worker = async (): Promise<void> => {
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
        signal.throwIfAborted();
        const current = job;
        const startedAt = performance.now();
        const report = (state: BuildProgress['state'], downloading?: string): void => {
          const spent = performance.now() - startedAt;
          const own = state === 'built' ? 0 : Math.max(0, estimateMs(current.component, recorded, took) - spent);
          options.onProgress?.({
            component: current.component.name,
            version: current.version,
            state,
            ...(downloading === undefined ? {} : { downloading }),
            done: results.length,
            total: jobs.length,
            elapsedMs: performance.now() - began,
            remainingMs: queue.reduce((sum, next) => sum + estimateMs(next.component, recorded, took), own),
          });
        };
        report('building');
        const timer = setInterval(() => report('building'), 1000);
        try {
          const result = await compile({ ...current, go, signal, onDownload: (module) => report('building', module) });
          took.set(current.component, result.seconds);
          // A re-link on a warm Go cache says nothing about a cold build.
          if (result.seconds > current.component.weightSeconds / 3)
            await recordDuration(current.component.name, result.seconds);
          results.push(result);
          clearInterval(timer);
          report('built');
        } finally {
          clearInterval(timer);
        }
      }
    };
    const workers = Array.from({ length: buildSlots(freemem(), availableParallelism()) }, async () => {
      try {
        await worker();
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    });
    const settled = await Promise.allSettled(workers);
    options.signal?.throwIfAborted();
    const failure = settled.find((one) => one.status === 'rejected');
    if (failure !== undefined) throw failed.signal.reason ?? failure.reason;
    return results;
  } finally {
    await lock.release();
  }
}

function parseName(text: string): { readonly component: Component; readonly version: string } {
  const [name = '', version] = text.split('@');
  const component = findComponent(name);
  return { component, version: chooseVersion(component, version) };
}

/** Temporary folders of builds that were killed; the lock says that none of them is in use. */
async function removeLeftovers(): Promise<void> {
  for (const component of listComponents()) {
    const folder = join(cacheDir(), 'components', component.name);
    const entries = await readdir(folder).catch(() => []);
    for (const entry of entries)
      if (entry.startsWith('.building-')) await rm(join(folder, entry), { recursive: true, force: true });
  }
}
