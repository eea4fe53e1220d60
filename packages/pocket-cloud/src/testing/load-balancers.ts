import { readdir } from 'node:fs/promises';
import { run } from '@matryoshka/system';
import { pocketCloudPaths } from '../config.ts';
import { networkNames } from '../engine/network/index.ts';
import type { TestCloud } from './instance.ts';
import type { Tenant } from './tenant.ts';

const namespaceOf = (cloud: TestCloud, id: string): string =>
  networkNames(cloud.config.prefix).loadBalancerNamespace(id);

/** Processes of a load balancer. */
export async function pidsOf(cloud: TestCloud, id: string): Promise<readonly number[]> {
  const { stdout } = await run(['ip', 'netns', 'pids', namespaceOf(cloud, id)]);
  return stdout.split('\n').filter(Boolean).map(Number);
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
