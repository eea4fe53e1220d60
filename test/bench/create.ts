import { readdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { imageRef } from '@matryoshka/components';
import { type KubeObject, parseKubeconfig } from '@matryoshka/kube';
import { readFileIfExists, sleep } from '@matryoshka/system';
import { customerClient, finished, firstWrite, installation, managementClient, tenantConnection } from './platform.ts';
import { describeMs, median } from './statistics.ts';

// From the request to the first authenticated write, of our clusters and of a control plane that stock Kamaji makes, in turn, so that
// whatever else the machine does meets all of them.

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = Number(values.rounds);
const { config, api } = await installation();
const customer = await customerClient(config, api);
const management = await managementClient(config);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function ours(
  tier: 'standard' | 'ha',
  name: string,
): Promise<{ readonly createMs: number; readonly deleteMs: number }> {
  const started = performance.now();
  const created = await customer.call('cluster.create', { body: { name, tier } });
  const params = { clusterId: created.clusterId };
  const createMs = await firstWrite(started, async () => await tenantConnection(customer, created.clusterId));
  await finished(customer, created);
  const deletion = performance.now();
  await finished(customer, await customer.call('cluster.delete', { params }));
  return { createMs, deleteMs: performance.now() - deletion };
}

/** What Kamaji's own documentation applies, with the images and the DataStore of this platform. */
function stockControlPlane(name: string, replicas: number): KubeObject {
  const [server, agent] = [imageRef('konnectivity-server'), imageRef('konnectivity-agent')].map((ref) => {
    const at = ref.lastIndexOf(':');
    return { image: ref.slice(0, at), version: ref.slice(at + 1) };
  });
  return {
    apiVersion: 'kamaji.clastix.io/v1alpha1',
    kind: 'TenantControlPlane',
    metadata: { name, namespace: 'default' },
    spec: {
      dataStore: 'default',
      dataStoreSchema: name.replaceAll('-', '_'),
      controlPlane: { deployment: { replicas }, service: { serviceType: 'LoadBalancer' } },
      kubernetes: { version: config.kubernetesVersion, kubelet: { cgroupfs: 'systemd' } },
      networkProfile: { port: 6443 },
      addons: { coreDNS: {}, kubeProxy: {}, konnectivity: { server: { port: 8132, ...server }, agent } },
    },
  } as KubeObject;
}

async function stock(name: string, replicas: number): Promise<number> {
  const ref = { apiVersion: 'v1', kind: 'Secret', name: `${name}-admin-kubeconfig`, namespace: 'default' };
  const object = stockControlPlane(name, replicas);
  const started = performance.now();
  await management.apply(object, { fieldManager: 'bench', force: true });
  const took = await firstWrite(started, async () => {
    const secret = await management.find<KubeObject & { readonly data?: Readonly<Record<string, string>> }>(ref);
    const text = secret?.data?.['super-admin.conf'];
    return text === undefined ? undefined : parseKubeconfig(Buffer.from(text, 'base64').toString('utf8'));
  });
  const plane = { apiVersion: object.apiVersion, kind: object.kind, name, namespace: 'default' };
  await management.delete(plane);
  while ((await management.find(plane)) !== undefined) await sleep(200);
  return took;
}

/** API servers on this machine: those of deleted control planes end up to half a minute later and take their share of the cores meanwhile. */
async function apiServers(): Promise<number> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const programs = await Promise.all(
    names.map(async (pid) => await readFileIfExists(`/proc/${pid}/comm`).catch(() => '')),
  );
  return programs.filter((program) => program?.trim() === 'kube-apiserver').length;
}
const atRest = await apiServers();
async function rest(): Promise<void> {
  while ((await apiServers()) > atRest) await sleep(500);
  await sleep(3_000);
}

const results = {
  standard: [] as number[],
  'stock, 1 replica': [] as number[],
  ha: [] as number[],
  'stock, 2 replicas': [] as number[],
  'delete (standard)': [] as number[],
  'delete (ha)': [] as number[],
};
async function clusterOf(tier: 'standard' | 'ha', round: number): Promise<void> {
  const { createMs, deleteMs } = await ours(tier, `bench-${tier}-${round}`);
  results[tier].push(createMs);
  results[`delete (${tier})`].push(deleteMs);
}
const kinds = [
  async (round: number) => await clusterOf('standard', round),
  async (round: number) => void results['stock, 1 replica'].push(await stock(`stock-s${round}`, 1)),
  async (round: number) => await clusterOf('ha', round),
  async (round: number) => void results['stock, 2 replicas'].push(await stock(`stock-h${round}`, 2)),
];
for (let round = 1; round <= rounds; round += 1) {
  // Another one is the first in every round.
  for (let turn = 0; turn < kinds.length; turn += 1) {
    await rest();
    await kinds[(round + turn) % kinds.length]?.(round);
  }
  say(
    `round ${round}: ${Object.entries(results)
      .map(([what, list]) => `${what} ${((list.at(-1) ?? 0) / 1000).toFixed(1)} s`)
      .join(', ')}`,
  );
}
say('');
say('create request to first authenticated write; deletion until the ledger is empty (no workers)');
for (const [what, list] of Object.entries(results)) say(`  ${what.padEnd(20)} ${describeMs(list)}`);
say(`  ratio standard : stock  ${(median(results.standard) / median(results['stock, 1 replica'])).toFixed(2)}`);
say(`  ratio ha : stock        ${(median(results.ha) / median(results['stock, 2 replicas'])).toFixed(2)}`);
await management.close();
