import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock } from './lock.ts';

let dir: string;
let children: ChildProcess[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'system-lock-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

/** A process that waits for a line, tries to take the lock, says `held` or `locked`, and then stays. */
async function contender(
  path: string,
): Promise<{ go(): void; readonly said: Promise<string>; readonly child: ChildProcess }> {
  const program = `
    import { acquireLock } from ${JSON.stringify(new URL('lock.ts', import.meta.url).href)};
    process.stdin.once('data', () => {
      acquireLock(${JSON.stringify(path)}, 'race').then(() => process.stdout.write('held\\n'), (e) => process.stdout.write(e.code + '\\n'));
      setInterval(() => {}, 1000);
    });
    process.stdout.write('ready\\n');`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('ready');
  return { child, go: () => child.stdin.write('go\n'), said: lines.next().then((line) => String(line.value)) };
}

describe('acquireLock', () => {
  it('names the holder, and is free after release', async () => {
    const path = join(dir, 'lock');
    const lock = await acquireLock(path, 'kaas up');
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid, purpose: 'kaas up' });
    const second = acquireLock(join(dir, '.', 'lock'), 'kaas down');
    await expect(second).rejects.toMatchObject({ code: 'locked', actor: 'user' });
    await expect(second).rejects.toThrow(new RegExp(`process ${process.pid} \\(kaas up\\)`));
    await lock.release();
    await (await acquireLock(path, 'kaas down')).release();
  });

  it('goes to exactly one of 20 processes that find a dead holder', { timeout: 60_000 }, async () => {
    const path = join(dir, 'lock');
    await writeFile(path, JSON.stringify({ pid: 1, startTicks: 'x', bootId: 'y', purpose: 'died', since: 'then' }));
    const all = await Promise.all(Array.from({ length: 20 }, () => contender(path)));
    for (const one of all) one.go();
    const said = await Promise.all(all.map((one) => one.said));
    expect(said.filter((word) => word === 'held')).toHaveLength(1);
    expect(said.filter((word) => word === 'locked')).toHaveLength(19);
  });

  it('is free at once when its holder is killed', { timeout: 30_000 }, async () => {
    const path = join(dir, 'lock');
    const holder = await contender(path);
    holder.go();
    expect(await holder.said).toBe('held');
    await expect(acquireLock(path, 'mine')).rejects.toThrow(new RegExp(`process ${holder.child.pid}`));
    holder.child.kill('SIGKILL');
    await once(holder.child, 'exit');
    await (await acquireLock(path, 'mine')).release();
  });
});
