import { sleep } from '@matryoshka/system';
import type { KubeClient } from '../client.ts';
import { isAlreadyExists, isConflict } from '../errors.ts';
import type { KubeObject } from '../object.ts';

export interface LeaderOptions {
  readonly name: string;
  readonly namespace: string;
  readonly identity: string;
  /** A lease that was not renewed for so long may be taken over. Default 15 s. */
  readonly leaseMs?: number;
  readonly renewEveryMs?: number;
  readonly signal: AbortSignal;
  readonly onError?: (error: unknown) => void;
}

interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z');

/**
 * Runs `lead` whenever this identity holds the Lease, with a signal that aborts when the lease is lost or not renewed in time.
 * Like client-go, expiry is judged by how long *we* saw the lease unchanged, so that clocks of different machines need not agree.
 */
export async function runAsLeader(
  client: KubeClient,
  options: LeaderOptions,
  lead: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const leaseMs = options.leaseMs ?? 15_000;
  const renewEveryMs = options.renewEveryMs ?? Math.round(leaseMs / 5);
  const seen = { version: '', at: 0 };
  while (!options.signal.aborted) {
    try {
      if (await tryAcquire(client, options, leaseMs, seen)) await hold();
    } catch (error) {
      if (options.signal.aborted) return;
      options.onError?.(error);
    }
    await sleep(renewEveryMs, options.signal).catch(() => undefined);
  }

  async function hold(): Promise<void> {
    const lost = new AbortController();
    const signal = AbortSignal.any([lost.signal, options.signal]);
    const leading = lead(signal).finally(() => lost.abort());
    let renewedAt = performance.now();
    while (!signal.aborted) {
      await sleep(renewEveryMs, signal).catch(() => undefined);
      if (signal.aborted) break;
      try {
        if (!(await tryAcquire(client, options, leaseMs, seen))) break;
        renewedAt = performance.now();
      } catch (error) {
        options.onError?.(error);
        // Stop in good time before another may take over.
        if (performance.now() - renewedAt > leaseMs - 2 * renewEveryMs) break;
      }
    }
    lost.abort();
    await leading;
    await release(client, options).catch((error: unknown) => options.onError?.(error));
  }
}

async function tryAcquire(
  client: KubeClient,
  options: LeaderOptions,
  leaseMs: number,
  seen: { version: string; at: number },
): Promise<boolean> {
  const ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name: options.name, namespace: options.namespace };
  const now = microTime(new Date());
  const current = await client.find<Lease>(ref);
  const holder = current?.spec?.holderIdentity;
  const version = current?.metadata.resourceVersion ?? '';
  if (seen.version !== version) Object.assign(seen, { version, at: performance.now() });
  const mine = holder === options.identity;
  const free = holder === undefined || holder === '';
  const expired = performance.now() - seen.at > (current?.spec?.leaseDurationSeconds ?? leaseMs / 1000) * 1000;
  if (current !== undefined && !mine && !free && !expired) return false;
  const lease: Lease = {
    apiVersion: ref.apiVersion,
    kind: ref.kind,
    metadata: { ...(current?.metadata ?? {}), name: ref.name, namespace: ref.namespace },
    spec: {
      holderIdentity: options.identity,
      leaseDurationSeconds: Math.max(1, Math.round(leaseMs / 1000)),
      acquireTime: mine ? (current?.spec?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (current?.spec?.leaseTransitions ?? 0) + (mine || current === undefined ? 0 : 1),
    },
  };
  try {
    const written = current === undefined ? await client.create<Lease>(lease) : await client.update<Lease>(lease);
    Object.assign(seen, { version: written.metadata.resourceVersion ?? '', at: performance.now() });
    return true;
  } catch (error) {
    if (isConflict(error) || isAlreadyExists(error)) return false;
    throw error;
  }
}

async function release(client: KubeClient, options: LeaderOptions): Promise<void> {
  const ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name: options.name, namespace: options.namespace };
  const current = await client.find<Lease>(ref);
  if (current?.spec?.holderIdentity !== options.identity) return;
  await client.update({ ...current, spec: { ...current.spec, holderIdentity: '' } });
}
