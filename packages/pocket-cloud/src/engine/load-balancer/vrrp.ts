import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { daemonStatus, readFileIfExists, startDaemon, stopDaemon, writeFileAtomic } from '@matryoshka/system';
import { endStrays, inNamespace } from '../network/index.ts';
import { keepalivedConfig } from './keepalived-config.ts';
import type { NodeFiles } from './node-files.ts';
import type { LoadBalancerSpec, NodeSpec } from './spec.ts';

/** Brings the keepalived of one node to its specification; which node gets the address is theirs to agree on. */
export async function ensureVrrp(
  spec: LoadBalancerSpec,
  node: NodeSpec,
  place: { readonly namespace: string; readonly device: string; readonly files: NodeFiles },
): Promise<void> {
  const { namespace, device, files } = place;
  const text = keepalivedConfig(spec, node, device, { check: files.vrrpCheck });
  const running = await daemonStatus(files.vrrpPid);
  if (running !== undefined && (await readFileIfExists(files.vrrpTold)) === text) return;
  // The pid file is ours (JSON), the number its first one.
  const check = `#!/bin/sh\nexec kill -0 "$(sed 's/[^0-9]*\\([0-9]*\\).*/\\1/' '${files.proxyPid}')"\n`;
  await writeFileAtomic(files.vrrpCheck, check, 0o755);
  await writeFileAtomic(files.vrrpConfig, text, 0o644);
  if (running !== undefined) process.kill(running.pid, 'SIGHUP');
  else {
    await endStrays(namespace, 'keepalived');
    const pids = ['--pid', join(files.directory, 'vrrp-parent'), '--vrrp_pid', join(files.directory, 'vrrp-child')];
    await startDaemon({
      name: 'VRRP of a load balancer',
      argv: inNamespace(namespace, [
        ...(['keepalived', '--dont-fork', '--vrrp', '--log-console'] as const),
        ...['--use-file', files.vrrpConfig, ...pids],
      ]),
      pidFile: files.vrrpPid,
      logFile: files.vrrpLog,
    });
  }
  await writeFileAtomic(files.vrrpTold, text);
}

export async function stopVrrp(namespace: string, files: NodeFiles): Promise<void> {
  await stopDaemon(files.vrrpPid, { graceMs: 2000 });
  await endStrays(namespace, 'keepalived');
  await rm(files.vrrpTold, { force: true });
}
