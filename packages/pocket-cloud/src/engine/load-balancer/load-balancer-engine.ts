import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  daemonStatus,
  hasErrnoCode,
  readFileIfExists,
  run,
  startDaemon,
  stopDaemon,
  TypedError,
  waitFor,
  writeFileAtomic,
} from '@matryoshka/system';
import {
  endStrays,
  ensureLegs,
  ensureRoutes,
  inNamespace,
  listNamespaces,
  networkNames,
  removeNamespace,
  runIn,
} from '../network/index.ts';
import { haproxyConfig } from './haproxy-config.ts';
import type { LoadBalancerEngineConfig, LoadBalancerSpec } from './spec.ts';
import { readStatistics, type Statistics, servingWorker } from './statistics.ts';

export interface LoadBalancerEngine {
  /** Brings one load balancer to its specification and waits until it serves so. Repeatable; an unchanged one is not disturbed, a changed one reloads without dropping connections. */
  ensure(spec: LoadBalancerSpec): Promise<void>;
  /** Ends its processes and removes its namespace and files. Repeatable. */
  remove(id: string): Promise<void>;
  /** What its proxy counted; undefined when it does not run. */
  statistics(id: string): Promise<Statistics | undefined>;
  /** Removes namespaces and files of load balancers that are not in the list. */
  removeOthers(ids: readonly string[]): Promise<void>;
}

interface Files {
  readonly directory: string;
  readonly config: string;
  /** The configuration that the running proxy was last told of: a crash between writing and telling is seen. */
  readonly told: string;
  readonly pid: string;
  readonly log: string;
  readonly socket: string;
}

const READY_TIMEOUT_MS = 10_000;

/**
 * Drops "port unreachable", with which a node refuses connections to a service without endpoints (kube-proxy's `reject`). On one machine the
 * answer arrives while connect() still holds the socket; Linux then keeps it as a soft error (net/ipv4/tcp_ipv4.c, tcp_v4_err), so that epoll
 * reports an error that connect() never tells: haproxy spins until its timeout. Without it the kernel repeats the SYN, as after a lost packet.
 */
const refusalFilter = [
  'table ip matryoshka',
  'delete table ip matryoshka',
  'table ip matryoshka {',
  '  chain input {',
  '    type filter hook input priority filter; policy accept;',
  '    icmp type destination-unreachable icmp code port-unreachable drop',
  '  }',
  '}',
  '',
].join('\n');

/** Load balancers as namespaces with a haproxy each (master-worker mode: the master's pid stays over reloads). */
export function createLoadBalancerEngine(config: LoadBalancerEngineConfig): LoadBalancerEngine {
  const names = networkNames(config.prefix);
  const filesOf = (id: string): Files => {
    const directory = join(config.directory, id);
    return {
      directory,
      config: join(directory, 'haproxy.cfg'),
      told: join(directory, 'haproxy.cfg.told'),
      pid: join(directory, 'haproxy.pid'),
      log: join(directory, 'haproxy.log'),
      socket: join(config.runDirectory, `lb-${id.replaceAll('-', '').slice(0, 11)}.sock`),
    };
  };

  const ensureProxy = async (spec: LoadBalancerSpec): Promise<void> => {
    const files = filesOf(spec.id);
    if (spec.listeners.length === 0) {
      await stopDaemon(files.pid, { graceMs: 2000 });
      await endStrays(names.loadBalancerNamespace(spec.id), 'haproxy');
      await rm(files.told, { force: true });
      return;
    }
    const namespace = names.loadBalancerNamespace(spec.id);
    const text = haproxyConfig(spec, files.socket);
    const changed = (await readFileIfExists(files.told)) !== text;
    if (changed) {
      const candidate = `${files.config}.new`;
      await writeFileAtomic(candidate, text);
      const checked = await run(inNamespace(namespace, ['haproxy', '-c', '-q', '-f', candidate]), { okCodes: 'any' });
      if (checked.code !== 0)
        throw new TypedError(
          `haproxy refuses the configuration of load balancer ${spec.id}: ${checked.stderr.trim()}`,
          {
            code: 'load_balancer_config_refused',
            actor: 'us',
          },
        );
      await writeFileAtomic(files.config, text);
      await rm(candidate, { force: true });
    }
    const running = await daemonStatus(files.pid);
    const before = running === undefined ? undefined : await servingWorker(files.socket);
    if (running !== undefined) {
      // SIGUSR2 makes the master start new workers on the same sockets; old ones finish their connections.
      if (changed) process.kill(running.pid, 'SIGUSR2');
    } else {
      await mkdir(config.runDirectory, { recursive: true });
      await endStrays(namespace, 'haproxy');
      await startDaemon({
        name: 'load balancer',
        argv: inNamespace(namespace, ['haproxy', '-W', '-db', '-f', files.config]),
        pidFile: files.pid,
        logFile: files.log,
      });
    }
    const serves = async (): Promise<boolean> => {
      const worker = await servingWorker(files.socket);
      return worker !== undefined && !(changed && worker === before);
    };
    if (!(await waitFor(serves, { timeoutMs: READY_TIMEOUT_MS, intervalMs: 30 })))
      throw new Error(`the proxy of load balancer ${spec.id} does not take its configuration: see ${files.log}`);
    await writeFileAtomic(files.told, text);
  };

  const remove = async (id: string): Promise<void> => {
    const files = filesOf(id);
    const namespace = names.loadBalancerNamespace(id);
    await stopDaemon(files.pid, { graceMs: 2000 });
    // Also ends workers that still serve old connections: they outlive their master.
    await removeNamespace(namespace);
    await rm(files.socket, { force: true });
    await rm(files.directory, { recursive: true, force: true });
  };

  return {
    ensure: async (spec) => {
      const { directory } = filesOf(spec.id);
      await mkdir(directory, { recursive: true });
      const namespace = names.loadBalancerNamespace(spec.id);
      await ensureLegs(names, namespace, [{ leg: spec.leg, bridge: spec.bridge }]);
      await ensureRoutes(namespace, spec.nexthop === null ? [] : [{ destination: '0.0.0.0/0', nexthop: spec.nexthop }]);
      await runIn(namespace, ['nft', '-f', '-'], { input: refusalFilter });
      await ensureProxy(spec);
    },
    remove,
    statistics: async (id) => {
      const files = filesOf(id);
      if ((await daemonStatus(files.pid)) === undefined) return undefined;
      return await readStatistics(files.socket).catch(() => undefined);
    },
    removeOthers: async (ids) => {
      const keep = new Set(ids);
      for (const id of await folders(config.directory)) if (!keep.has(id)) await remove(id);
      const wanted = new Set(ids.map((id) => names.loadBalancerNamespace(id)));
      for (const namespace of await listNamespaces(`${names.prefix}-lb-`)) {
        if (!wanted.has(namespace)) await removeNamespace(namespace);
      }
    },
  };
}

async function folders(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (hasErrnoCode(error, 'ENOENT')) return [];
    throw error;
  }
}
