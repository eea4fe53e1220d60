import { parseArgs } from 'node:util';
import type { Client } from '@matryoshka/client';
import { createKubeClient, type KubeClient, type KubeObject } from '@matryoshka/kube';
import type { Cloud } from '@matryoshka/openstack';
import { sleep } from '@matryoshka/system';
import { customerClient, customerCloud, finished, installation, tenantConnection } from './platform.ts';
import { describeMs } from './statistics.ts';

// A pool of one worker, again and again, in one standard cluster: how long until OpenStack says ACTIVE, and from there until the node is Ready.

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const { config, api } = await installation();
const customer = await customerClient(config, api);
const cloud = await customerCloud(config);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Node extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}
const ready = (node: Node): boolean =>
  node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

async function until(reached: () => Promise<boolean>): Promise<number> {
  while (!(await reached())) await sleep(100);
  return performance.now();
}

async function addWorker(client: Client, os: Cloud, tenant: KubeClient, clusterId: string, name: string) {
  const asked = performance.now();
  const body = { name, flavor: 'm1.small', count: 1 };
  const operation = await client.call('pool.create', { params: { clusterId }, body });
  const active = await until(async () =>
    (await os.nova.servers.list()).some((server) => server.name.includes(`-${name}-`) && server.status === 'ACTIVE'),
  );
  const usable = await until(async () =>
    (await tenant.list<Node>({ apiVersion: 'v1', kind: 'Node' })).items.some(
      (node) => node.metadata.name.includes(`-${name}-`) && ready(node),
    ),
  );
  await finished(client, operation);
  const removal = performance.now();
  await finished(client, await client.call('pool.delete', { params: { clusterId, poolName: name } }));
  return { server: active - asked, node: usable - active, remove: performance.now() - removal };
}

const created = await customer.call('cluster.create', { body: { name: 'bench-workers', tier: 'standard' } });
const params = { clusterId: created.clusterId };
const results = { server: [] as number[], node: [] as number[], remove: [] as number[] };
try {
  await finished(customer, created);
  const tenant = createKubeClient(await tenantConnection(customer, created.clusterId));
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    const took = await addWorker(customer, cloud, tenant, created.clusterId, `w${round}`);
    for (const key of ['server', 'node', 'remove'] as const) results[key].push(took[key]);
    say(
      `round ${round}: server ACTIVE ${describeMs([took.server])}, node Ready ${describeMs([took.node])} later, removed in ${describeMs([took.remove])}`,
    );
  }
  await tenant.close();
} finally {
  await finished(customer, await customer.call('cluster.delete', { params }));
}
say('');
say(`request to server ACTIVE        ${describeMs(results.server)}`);
say(`server ACTIVE to node Ready     ${describeMs(results.node)}`);
say(`pool deleted, server gone       ${describeMs(results.remove)}`);
