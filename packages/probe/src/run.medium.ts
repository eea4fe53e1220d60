import { createKubeClient, type KubeClient } from '@matryoshka/kube';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { analyse } from './analyse.ts';
import { type ProbeOptions, runProbe } from './run.ts';

let server: TestApiServer;
let client: KubeClient;
beforeAll(async () => {
  server = await startTestApiServer();
  client = createKubeClient(server.connection);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

// No kubelet here, so no exec: test/e2e has it.
const options = (change: Partial<ProbeOptions> = {}): ProbeOptions => ({
  ...{ durationMs: 3_000, intervalMs: 50, execIntervalMs: 500, execImage: null, timeoutMs: 2_000 },
  signal: new AbortController().signal,
  ...change,
});

/** Namespaces stay `Terminating` here, where no controller empties them. */
async function living(): Promise<readonly string[]> {
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Namespace', labelSelector: 'matryoshka.dev/probe' });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name);
}

it('finds nothing wrong with a healthy API server, and takes its namespace away', async () => {
  const report = analyse(await runProbe(server.connection, options()));
  const { read, write } = report.calls;
  expect(read).toMatchObject({ failed: 0, failedTwice: 0, errors: {} });
  expect(write).toMatchObject({ failed: 0, failedTwice: 0 });
  expect(report.acknowledged).toBe(write?.calls);
  // As many as were due, as far as the machine let it.
  expect(read?.calls).toBeGreaterThan(20);
  expect(read?.calls).toBeLessThanOrEqual(61);
  expect(report.lost).toEqual([]);
  expect(report.watch).toMatchObject({ events: report.acknowledged, missing: [], doubled: 0, reordered: 0, breaks: 0 });
  expect(await living()).toEqual([]);
});

it('sees an API server that is away: how long, what it said, and that nothing acknowledged is lost', async () => {
  let restarted: Promise<void> | undefined;
  let away = 0;
  const onStart = (): void =>
    void setTimeout(() => {
      const began = performance.now();
      restarted = server.restart().then(() => {
        away = performance.now() - began;
      });
    }, 1_000);
  const recording = await runProbe(server.connection, options({ durationMs: 15_000, onStart }));
  await restarted;
  const report = analyse(recording);
  expect(report.calls.read?.failedTwice).toBeGreaterThan(0);
  expect(Object.keys(report.calls.read?.errors ?? {}).join()).toMatch(/ECONNREFUSED|closed|socket|reset/i);
  const gap = report.longestGap?.ms ?? 0;
  // It stops within a moment and answers when `restart` says so, or a little before.
  expect(gap).toBeGreaterThan(away * 0.3);
  expect(gap).toBeLessThan(away + 3_000);
  expect(report.lost).toEqual([]);
  expect(report.watch).toMatchObject({ missing: [], doubled: 0, reordered: 0 });
  expect(report.watch.breaks).toBeGreaterThan(0);
  expect(await living()).toEqual([]);
});

it('ends when it is told to, with what it has seen', async () => {
  const stop = new AbortController();
  const onStart = (): void => void setTimeout(() => stop.abort(), 500);
  const recording = await runProbe(server.connection, options({ durationMs: 60_000, signal: stop.signal, onStart }));
  expect(recording.durationMs).toBeLessThan(20_000);
  expect(recording.samples.length).toBeGreaterThan(5);
  expect(await living()).toEqual([]);
});

it('may do what it needs, or says what it may not and leaves nothing', async () => {
  await expect(runProbe(server.stranger, options())).rejects.toThrow(/cannot create resource "namespaces"/);
  expect(await living()).toEqual([]);
});
