import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { daemonStatus, startDaemon, stopDaemon } from './daemon.ts';
import { identify, isRunning } from './process-identity.ts';
import { run } from './run.ts';
import { sleep, waitFor } from './wait.ts';

let dir: string;
const files = () => ({ pidFile: join(dir, 'x.pid'), logFile: join(dir, 'x.log') });
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'system-daemon-'));
});
afterEach(async () => {
  await stopDaemon(files().pidFile);
  await rm(dir, { recursive: true, force: true });
});

describe('daemons', () => {
  it('starts once, writes its log, and ends', async () => {
    const spec = { name: 'x', argv: ['sh', '-c', 'echo started; exec sleep 60'] as const, ...files() };
    const first = await startDaemon(spec);
    const second = await startDaemon(spec);
    expect(second).toEqual(first);
    expect(await waitFor(async () => (await readFile(spec.logFile, 'utf8')) === 'started\n', { timeoutMs: 5000 })).toBe(
      true,
    );
    await stopDaemon(spec.pidFile);
    expect(await isRunning(first)).toBe(false);
    expect(await daemonStatus(spec.pidFile)).toBeUndefined();
  });

  it('kills one that ignores SIGTERM', async () => {
    const spec = {
      name: 'x',
      argv: ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 1; done'] as const,
      ...files(),
    };
    const identity = await startDaemon(spec);
    await waitFor(async () => (await readFile(spec.logFile, 'utf8')) === 'ready\n', { timeoutMs: 5000 });
    await stopDaemon(spec.pidFile, { graceMs: 100 });
    expect(await isRunning(identity)).toBe(false);
  });

  it('never touches a later process that got the same pid', async () => {
    const self = await identify(process.pid);
    await writeFile(files().pidFile, JSON.stringify({ ...self, startTicks: '1' }));
    expect(await daemonStatus(files().pidFile)).toBeUndefined();
    await stopDaemon(files().pidFile);
    expect(process.pid).toBe(self?.pid);
  });

  it('never runs without a pid file, whenever its starter is killed', { timeout: 60_000 }, async () => {
    const marker = `${60_000 + process.pid}.5`;
    const spec = { name: 'x', argv: ['sleep', marker], ...files() };
    const script = `
      import { startDaemon } from '${new URL('daemon.ts', import.meta.url)}';
      process.stdout.write('now');
      await startDaemon(${JSON.stringify(spec)});
      setInterval(() => undefined, 1000);`;
    const seen = { running: 0, absent: 0 };
    // The last starter has all the time it needs; the first has none.
    for (const delayMs of [...Array.from({ length: 15 }, (_, index) => index), 2_000]) {
      const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const ended = once(starter, 'close');
      await once(starter.stdout, 'data');
      await sleep(delayMs);
      starter.kill('SIGKILL');
      await ended;
      // Whoever was still waiting at the gate is gone after this.
      await sleep(50);
      const { stdout } = await run(['pgrep', '-fx', `sleep ${marker}`], { okCodes: 'any' });
      const known = await daemonStatus(spec.pidFile);
      expect(stdout.trim()).toBe(known === undefined ? '' : String(known.pid));
      seen[known === undefined ? 'absent' : 'running'] += 1;
      await stopDaemon(spec.pidFile);
    }
    expect(seen.absent).toBeGreaterThan(0);
    expect(seen.running).toBeGreaterThan(0);
  });

  it('says so when the program does not exist', async () => {
    await expect(startDaemon({ name: 'x', argv: ['/no/such/program'], ...files() })).rejects.toThrow(/ENOENT/);
  });
});
