import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { daemonStatus, hasErrnoCode, readFileIfExists, waitFor, writeFileAtomic } from '@matryoshka/system';
import {
  ensureLegs,
  ensureRoutes,
  listAddresses,
  listNamespaces,
  networkNames,
  removeNamespace,
  runIn,
} from '../network/index.ts';
import { datagramRules } from './datagram-rules.ts';
import { type NodeFiles, nodeFiles } from './node-files.ts';
import { ensureProxy, stopProxy } from './proxy.ts';
import {
  type LoadBalancerEngineConfig,
  type LoadBalancerSpec,
  type NodeName,
  type NodeSpec,
  nodeNames,
} from './spec.ts';
import { mergeStatistics, readStatistics, type Statistics } from './statistics.ts';
import { ensureVrrp, stopVrrp } from './vrrp.ts';

export interface LoadBalancerEngine {
  /** Brings one load balancer to its specification and waits until it serves so. Repeatable; an unchanged one is not disturbed, a changed one reloads without dropping connections. */
  ensure(spec: LoadBalancerSpec): Promise<void>;
  /** Ends its processes and removes its namespaces and files. Repeatable. */
  remove(id: string): Promise<void>;
  /** What its proxies counted; undefined when one of its processes does not run. */
  statistics(id: string): Promise<Statistics | undefined>;
  /** Removes namespaces and files of load balancers that are not in the list. */
  removeOthers(ids: readonly string[]): Promise<void>;
}

/** Two nodes that both wait to become active do so after about a second. */
const TAKE_OVER_TIMEOUT_MS = 10_000;

/**
 * Drops "port unreachable", with which a node refuses connections to a service without endpoints (kube-proxy's `reject`). On one machine the
 * answer arrives while connect() still holds the socket; Linux then keeps it as a soft error (net/ipv4/tcp_ipv4.c, tcp_v4_err), so that epoll
 * reports an error that connect() never tells: haproxy spins until its timeout. Without it the kernel repeats the SYN, as after a lost packet.
 * Only for TCP, which the copied header behind ICMP's eight bytes tells (RFC 792): datagram-check.sh waits for that answer.
 */
const refusalFilter = [
  'table ip matryoshka',
  'delete table ip matryoshka',
  'table ip matryoshka {',
  '  chain input {',
  '    type filter hook input priority filter; policy accept;',
  '    icmp type destination-unreachable icmp code port-unreachable @th,136,8 6 drop',
  '  }',
  '}',
  '',
].join('\n');

/** Flows of before a change would go on to members that may be gone. */
async function ensureDatagrams(spec: LoadBalancerSpec, namespace: string, files: NodeFiles): Promise<void> {
  const rules = datagramRules(spec);
  await runIn(namespace, ['nft', '-f', '-'], { input: rules });
  if ((await readFileIfExists(files.datagramsTold)) === rules) return;
  await runIn(namespace, ['conntrack', '--delete', '--proto', 'udp', '--orig-dst', spec.vip], { okCodes: 'any' });
  await writeFileAtomic(files.datagramsTold, rules);
}

const forwarding = { 'net.ipv4.ip_forward': '1' } as const;

/** Load balancers as one namespace with a haproxy, or two with a keepalived beside it. */
export function createLoadBalancerEngine(config: LoadBalancerEngineConfig): LoadBalancerEngine {
  const names = networkNames(config.prefix);
  const namespaceOf = (id: string, node: NodeName): string =>
    node === '' ? names.loadBalancerNamespace(id) : `${names.loadBalancerNamespace(id)}-${node}`;

  const ensureNode = async (spec: LoadBalancerSpec, node: NodeSpec): Promise<void> => {
    const files = nodeFiles(config, spec.id, node.name);
    const namespace = namespaceOf(spec.id, node.name);
    const pair = spec.nodes.length > 1;
    await mkdir(files.directory, { recursive: true });
    await ensureLegs(
      names,
      namespace,
      [{ leg: node.leg, bridge: spec.bridge, ...(pair ? { movingAddresses: [`${spec.vip}/32`] } : {}) }],
      forwarding,
    );
    await ensureRoutes(namespace, spec.nexthop === null ? [] : [{ destination: '0.0.0.0/0', nexthop: spec.nexthop }]);
    await runIn(namespace, ['nft', '-f', '-'], { input: refusalFilter });
    await ensureDatagrams(spec, namespace, files);
    if (spec.listeners.length === 0) {
      await stopVrrp(namespace, files);
      await stopProxy(namespace, files);
      return;
    }
    await ensureProxy(spec, namespace, files);
    if (pair) await ensureVrrp(spec, node, { namespace, device: names.legInner(node.leg.portId), files });
  };

  const isActive = async (spec: LoadBalancerSpec, node: NodeSpec): Promise<boolean> => {
    const device = names.legInner(node.leg.portId);
    return (await listAddresses(namespaceOf(spec.id, node.name), device)).includes(`${spec.vip}/32`);
  };

  const remove = async (id: string): Promise<void> => {
    const existing = new Set(await listNamespaces(names.loadBalancerNamespace(id)));
    for (const node of nodeNames) {
      const files = nodeFiles(config, id, node);
      const namespace = namespaceOf(id, node);
      if (existing.has(namespace)) {
        await stopVrrp(namespace, files);
        await stopProxy(namespace, files);
        // Also ends workers that still serve old connections: they outlive their master.
        await removeNamespace(namespace);
      }
      await rm(files.proxySocket, { force: true });
    }
    await rm(join(config.directory, id), { recursive: true, force: true });
  };

  /** Nodes that exist, by their files. */
  const nodesOf = async (id: string): Promise<readonly NodeFiles[]> => {
    const present = await folders(join(config.directory, id));
    const pair = present.includes('a') || present.includes('b');
    return nodeNames.filter((node) => (node === '') !== pair).map((node) => nodeFiles(config, id, node));
  };

  return {
    ensure: async (spec) => {
      await Promise.all(spec.nodes.map(async (node) => await ensureNode(spec, node)));
      if (spec.nodes.length < 2 || spec.listeners.length === 0) return;
      const taken = async (): Promise<boolean> =>
        (await Promise.all(spec.nodes.map(async (node) => await isActive(spec, node)))).includes(true);
      if (!(await waitFor(taken, { timeoutMs: TAKE_OVER_TIMEOUT_MS, intervalMs: 50 })))
        throw new Error(`no node of load balancer ${spec.id} took the address ${spec.vip}`);
    },
    remove,
    statistics: async (id) => {
      const nodes = await nodesOf(id);
      const seen = await Promise.all(
        nodes.map(async (files) => {
          const pids = nodes.length > 1 ? [files.proxyPid, files.vrrpPid] : [files.proxyPid];
          for (const pid of pids) if ((await daemonStatus(pid)) === undefined) return undefined;
          return await readStatistics(files.proxySocket).catch(() => undefined);
        }),
      );
      return seen.includes(undefined) ? undefined : mergeStatistics(seen.filter((one) => one !== undefined));
    },
    removeOthers: async (ids) => {
      const keep = new Set(ids);
      for (const id of await folders(config.directory)) if (!keep.has(id)) await remove(id);
      const wanted = new Set(ids.flatMap((id) => nodeNames.map((node) => namespaceOf(id, node))));
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
