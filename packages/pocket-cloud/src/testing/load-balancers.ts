import { readdir } from 'node:fs/promises';
import { readFileIfExists, run } from '@matryoshka/system';
import { pocketCloudPaths } from '../config.ts';
import { killQuietly, networkNames } from '../engine/network/index.ts';
import type { TestCloud } from './instance.ts';
import type { Tenant } from './tenant.ts';

const namespaceOf = (cloud: TestCloud, id: string): string =>
  networkNames(cloud.config.prefix).loadBalancerNamespace(id);

/** Namespaces of a load balancer's nodes. */
export async function nodesOf(cloud: TestCloud, id: string): Promise<readonly string[]> {
  const names = (await run(['ip', 'netns'])).stdout.split('\n').map((line) => line.split(' ')[0] ?? '');
  return names.filter((name) => name.startsWith(namespaceOf(cloud, id))).toSorted();
}

/** Processes in a namespace. */
export async function pidsIn(namespace: string): Promise<readonly number[]> {
  const { stdout } = await run(['ip', 'netns', 'pids', namespace]);
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** The proxies of a load balancer, on all its nodes. */
export async function proxiesOf(cloud: TestCloud, id: string): Promise<readonly number[]> {
  const pids = (await Promise.all((await nodesOf(cloud, id)).map(pidsIn))).flat();
  const names = await Promise.all(
    pids.map(async (pid) => (await readFileIfExists(`/proc/${pid}/comm`).catch(() => undefined))?.trim()),
  );
  return pids.filter((_, index) => names[index] === 'haproxy');
}

/** Ends processes at once, of which some may be going by themselves (a node's check of its proxy). */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) killQuietly(pid);
}

/** The nodes that have the address: one, but for a moment during a switch. */
export async function activeNodes(cloud: TestCloud, id: string, address: string): Promise<readonly string[]> {
  const active: string[] = [];
  for (const node of await nodesOf(cloud, id))
    if ((await run(['ip', '-n', node, '-4', 'addr'])).stdout.includes(` ${address}/32 `)) active.push(node);
  return active;
}

/** Everything on the machine and in Neutron that belongs to a load balancer. */
export async function leftOf(cloud: TestCloud, tenant: Tenant, id: string): Promise<readonly string[]> {
  const short = id.replaceAll('-', '').slice(0, 11);
  const linesOf = async (...argv: readonly [string, ...string[]]) => (await run(argv)).stdout.split('\n');
  const namespaces = (await linesOf('ip', 'netns')).filter((line) => line.includes(namespaceOf(cloud, id)));
  const processes = (await linesOf('ps', '-eo', 'args')).filter((line) => line.includes(id));
  const paths = pocketCloudPaths(cloud.config);
  const files = [...(await readdir(paths.loadBalancers)), ...(await readdir(paths.run))].filter(
    (name) => name.includes(id) || name.includes(short),
  );
  const { ports } = (await tenant.neutron('GET', `/v2.0/ports?device_id=lb-${id}`)).body;
  return [...namespaces, ...processes, ...files, ...ports.map((port: { id: string }) => port.id)];
}
