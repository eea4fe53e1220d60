import { parseArgs } from 'node:util';
import { createKubeClient, type KubeClient, type KubeObject } from '@matryoshka/kube';
import { run, sleep } from '@matryoshka/system';
import { customerClient, customerCloud, installation, tenantConnection } from './platform.ts';
import { describeMs } from './statistics.ts';

// In the cluster and with the workload of quickstart: a Service until its first answer, what clients notice when the active node of its load
// balancer is killed, and a claim until a pod runs with it.

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const { config, api } = await installation();
const customer = await customerClient(config, api);
const cloud = await customerCloud(config);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const cluster = (await customer.call('cluster.list', { query: { name: 'demo' } })).items[0];
if (cluster === undefined) throw new Error('there is no cluster demo; run: kaas quickstart');
const tenant = createKubeClient(await tenantConnection(customer, cluster.id));

const objectOf = (apiVersion: string, kind: string, name: string) => ({ apiVersion, kind, name, namespace: 'default' });
const make = async (object: object): Promise<void> =>
  void (await tenant.apply(object as KubeObject, { fieldManager: 'bench', force: true }));
async function drop(client: KubeClient, ref: ReturnType<typeof objectOf>): Promise<void> {
  await client.delete(ref);
  while ((await client.find(ref)) !== undefined) await sleep(100);
}

interface Service extends KubeObject {
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

const answers = async (address: string, timeoutMs: number): Promise<boolean> => {
  try {
    const answer = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(timeoutMs) });
    return (await answer.text()).includes('hello from');
  } catch {
    return false;
  }
};

async function firstAnswer(name: string): Promise<{ readonly tookMs: number; readonly address: string }> {
  const started = performance.now();
  await make({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { type: 'LoadBalancer', selector: { app: 'hello' }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  for (;;) {
    const found = await tenant.find<Service>(objectOf('v1', 'Service', name));
    const address = found?.status?.loadBalancer?.ingress?.[0]?.ip;
    if (address !== undefined && (await answers(address, 500))) return { tookMs: performance.now() - started, address };
    await sleep(50);
  }
}

/** Kills everything on the node that has the address; answers the longest time between two good answers around it. */
async function switchGap(service: string, address: string): Promise<number> {
  const balancers = await cloud.octavia.loadBalancers.list({ name: `kube_service_${cluster?.id}_default_${service}` });
  const { id = '', vip_address: vip = '' } = balancers[0] ?? {};
  const prefix = `${config.network.prefix}-lb-${id.replaceAll('-', '').slice(0, 11)}-`;
  let active = '';
  for (const node of [`${prefix}a`, `${prefix}b`])
    if ((await run(['ip', '-n', node, '-4', 'addr'])).stdout.includes(` ${vip}/32 `)) active = node;
  let [last, longest, running] = [performance.now(), 0, true];
  const client = (async () => {
    while (running) {
      if (await answers(address, 250)) {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
      }
      await sleep(10);
    }
  })();
  await sleep(500);
  for (const pid of (await run(['ip', 'netns', 'pids', active])).stdout.split(/\s+/).filter(Boolean))
    process.kill(Number(pid), 'SIGKILL');
  await sleep(8_000);
  running = false;
  await client;
  return longest;
}

async function mounted(name: string): Promise<number> {
  const started = performance.now();
  await make({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  const container = { name: 'shell', image: 'docker.io/library/busybox:1.35.0', command: ['sleep', 'inf'] };
  await make({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ ...container, volumeMounts: [{ name: 'disk', mountPath: '/disk' }] }],
      volumes: [{ name: 'disk', persistentVolumeClaim: { claimName: name } }],
    },
  });
  type Pod = KubeObject & { readonly status?: { readonly phase?: string } };
  while ((await tenant.find<Pod>(objectOf('v1', 'Pod', name)))?.status?.phase !== 'Running') await sleep(50);
  const tookMs = performance.now() - started;
  await drop(tenant, objectOf('v1', 'Pod', name));
  await drop(tenant, objectOf('v1', 'PersistentVolumeClaim', name));
  return tookMs;
}

const results = { first: [] as number[], gap: [] as number[], volume: [] as number[] };
for (let round = 1; round <= Number(values.rounds); round += 1) {
  const name = `bench-${round}`;
  const { tookMs, address } = await firstAnswer(name);
  results.first.push(tookMs);
  results.gap.push(await switchGap(name, address));
  await drop(tenant, objectOf('v1', 'Service', name));
  results.volume.push(await mounted(name));
  say(
    `round ${round}: ${Object.entries(results)
      .map(([what, list]) => `${what} ${describeMs(list.slice(-1))}`)
      .join(', ')}`,
  );
}
say('');
say(`Service to first answer through its load balancer   ${describeMs(results.first)}`);
say(`longest gap when the active node is killed          ${describeMs(results.gap)}`);
say(`claim and pod to pod running with its volume        ${describeMs(results.volume)}`);
await tenant.close();
