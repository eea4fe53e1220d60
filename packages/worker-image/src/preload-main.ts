import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, run, waitFor } from '@matryoshka/system';
import type { PreloadJob } from './preload.ts';

// Runs inside its own mount and process namespaces (sandbox.ts): the mounts below need no unmounting.

const job = JSON.parse(process.argv[2] ?? '') as PreloadJob;
const inRoot = (path: string): string => join(job.root, path);
const ctr = async (...args: string[]): Promise<string> =>
  (await run(['chroot', job.root, 'ctr', '--namespace', 'k8s.io', ...args])).stdout;

async function mountAll(): Promise<void> {
  await run(['mount', '-t', 'proc', 'proc', inRoot('proc')]);
  await run(['mount', '--rbind', '/dev', inRoot('dev')]);
  await run(['mount', '-t', 'tmpfs', 'tmpfs', inRoot('run')]);
  await run(['mount', '-t', 'tmpfs', 'tmpfs', inRoot('tmp')]);
  await mkdir(inRoot('run/archives'));
}

async function importImages(archive: string, refs: readonly string[], index: number): Promise<void> {
  const inside = `run/archives/${index}.tar`;
  await writeFile(inRoot(inside), '');
  await run(['mount', '--bind', archive, inRoot(inside)]);
  await ctr('images', 'import', '--snapshotter', 'overlayfs', `/${inside}`);
  const names = (await ctr('images', 'list', '--quiet')).split('\n');
  for (const ref of refs) {
    if (!names.includes(ref)) throw new Error(`${archive} does not hold ${ref} (seen: ${names.join(' ')})`);
    await ctr('images', 'label', ref, 'io.cri-containerd.image=managed', 'io.cri-containerd.pinned=pinned');
  }
}

async function main(): Promise<void> {
  await mountAll();
  await writeFile(inRoot('run/containerd.toml'), 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n');
  const logPath = inRoot('run/containerd.log');
  const log = openSync(logPath, 'a');
  const daemon = spawn('chroot', [job.root, 'containerd', '--config', '/run/containerd.toml'], {
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(daemon, 'exit');
  try {
    const up = await waitFor(
      async () => (await run(['chroot', job.root, 'ctr', 'version'], { okCodes: 'any' })).code === 0,
      {
        timeoutMs: 30_000,
      },
    );
    if (!up) throw new Error(`containerd did not start:\n${(await readFile(logPath, 'utf8')).slice(-2000)}`);
    for (const [index, { archive, refs }] of job.images.entries()) await importImages(archive, refs, index);
  } finally {
    daemon.kill('SIGTERM');
    await ended;
  }
  // Sockets and tasks of the build mean nothing to the machine.
  await rm(inRoot('var/lib/containerd/tmpmounts'), { recursive: true, force: true });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
}
