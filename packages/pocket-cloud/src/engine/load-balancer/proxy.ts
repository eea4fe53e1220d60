import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  daemonStatus,
  readFileIfExists,
  run,
  startDaemon,
  stopDaemon,
  TypedError,
  waitFor,
  writeFileAtomic,
} from '@matryoshka/system';
import { endStrays, inNamespace } from '../network/index.ts';
import { haproxyConfig } from './haproxy-config.ts';
import type { NodeFiles } from './node-files.ts';
import type { LoadBalancerSpec } from './spec.ts';
import { servingWorker } from './statistics.ts';

const READY_TIMEOUT_MS = 10_000;

/** Brings the haproxy of one node to its specification (master-worker mode: the master's pid stays over reloads) and waits until it serves so. */
export async function ensureProxy(spec: LoadBalancerSpec, namespace: string, files: NodeFiles): Promise<void> {
  const text = haproxyConfig(spec, files.proxySocket);
  const changed = (await readFileIfExists(files.proxyTold)) !== text;
  if (changed) await writeChecked(spec.id, namespace, files, text);
  const running = await daemonStatus(files.proxyPid);
  const before = running === undefined ? undefined : await servingWorker(files.proxySocket);
  if (running !== undefined) {
    // SIGUSR2 makes the master start new workers on the same sockets; old ones finish their connections.
    if (changed) process.kill(running.pid, 'SIGUSR2');
  } else {
    await mkdir(dirname(files.proxySocket), { recursive: true });
    await endStrays(namespace, 'haproxy');
    await startDaemon({
      name: 'load balancer',
      argv: inNamespace(namespace, ['haproxy', '-W', '-db', '-f', files.proxyConfig]),
      pidFile: files.proxyPid,
      logFile: files.proxyLog,
    });
  }
  const serves = async (): Promise<boolean> => {
    const worker = await servingWorker(files.proxySocket);
    return worker !== undefined && !(changed && worker === before);
  };
  if (!(await waitFor(serves, { timeoutMs: READY_TIMEOUT_MS, intervalMs: 30 })))
    throw new Error(`the proxy of load balancer ${spec.id} does not take its configuration: see ${files.proxyLog}`);
  await writeFileAtomic(files.proxyTold, text);
}

async function writeChecked(id: string, namespace: string, files: NodeFiles, text: string): Promise<void> {
  const candidate = `${files.proxyConfig}.new`;
  await writeFileAtomic(candidate, text);
  const checked = await run(inNamespace(namespace, ['haproxy', '-c', '-q', '-f', candidate]), { okCodes: 'any' });
  if (checked.code !== 0)
    throw new TypedError(`haproxy refuses the configuration of load balancer ${id}: ${checked.stderr.trim()}`, {
      code: 'load_balancer_config_refused',
      actor: 'us',
    });
  await writeFileAtomic(files.proxyConfig, text);
  await rm(candidate, { force: true });
}

export async function stopProxy(namespace: string, files: NodeFiles): Promise<void> {
  await stopDaemon(files.proxyPid, { graceMs: 2000 });
  await endStrays(namespace, 'haproxy');
  await rm(files.proxyTold, { force: true });
}
