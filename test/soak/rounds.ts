import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { cloudIn, clusterKey, inventory, serviceUsers } from '../e2e/support/cloud.ts';
import { crashUntil } from '../e2e/support/crash.ts';
import { apply } from '../e2e/support/kubernetes.ts';
import { kaas, kaasJson, kaasOk, kubectl, managementKubectl, placement, settings } from '../e2e/support/platform.ts';
import { sql } from '../e2e/support/sql.ts';
import { eventually } from '../e2e/support/waiting.ts';

// Clusters that are made, used and deleted while processes of the platform are killed at random: after every round the project, the management
// cluster and the databases must be exactly as before, and what was made by hand under the same names must still be there.

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    /** Leaves the platform as it is when a round fails, to look at it; `kaas down --purge` ends it. */
    keep: { type: 'boolean', default: false },
  },
});
const victims = ['kaas-controller', 'kaas-api', 'pocket-cloud', 'postgres'] as const;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const pick = <T>(list: readonly [T, ...T[]]): T => list[randomInt(list.length)] ?? list[0];

/** At most so many crashes, at random; each is told, for those who look for what it broke. */
function atMost(limit: number) {
  const victim = () => {
    const name = pick(victims);
    say(`  ${new Date().toISOString()} ${name} is killed`);
    return name;
  };
  return { kills: randomInt(limit + 1), victim };
}

async function everything() {
  const { cloud, projectId } = await cloudIn('demo');
  const own = { all_tenants: true, project_id: projectId };
  return {
    ...(await inventory('demo')),
    volumes: (await cloud.cinder.volumes.list(own)).map(({ id }) => id).toSorted(),
    snapshots: (await cloud.cinder.snapshots.list(own)).map(({ id }) => id).toSorted(),
    users: await serviceUsers(),
    balancers: (await cloud.octavia.loadBalancers.list({})).map(({ name }) => name).toSorted(),
    namespaces: (await managementKubectl(['get', 'namespaces', '-o', 'name'])).split('\n').toSorted(),
    databases: await sql('postgres', 'select datname from pg_database order by 1'),
    ledger: await sql('kaas', 'select cluster_id, kind, name from ledger order by 1, 2, 3'),
  };
}

const claimAndService = (image: string): string => `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: writer, labels: { app: writer } }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - { name: shell, image: ${image}, command: [nc, -ll, -p, '7007', -e, cat], volumeMounts: [{ name: disk, mountPath: /disk }] }
  volumes: [{ name: disk, persistentVolumeClaim: { claimName: data } }]
---
apiVersion: v1
kind: Service
metadata: { name: writer }
spec: { type: LoadBalancer, selector: { app: writer }, ports: [{ port: 7, targetPort: 7007 }] }
`;

async function round(number: number): Promise<void> {
  const started = Date.now();
  const before = await everything();
  const name = `round-${number}`;
  const tier = pick(['standard', 'ha']);
  const keep = randomInt(2) === 0;
  const isReady = async (): Promise<boolean> =>
    (await kaasJson<{ status: { phase: string } }>(['cluster', 'get', name])).status.phase === 'ready';
  await kaasOk(['cluster', 'create', name, '--tier', tier, '--pool', `w:m1.small:${randomInt(1, 3)}`]);
  let kills = await crashUntil(isReady, atMost(3));
  await kaasOk(['cluster', 'kubeconfig', name]);
  await apply(name, claimAndService('docker.io/library/busybox:1.35.0'));
  const isUsed = async (): Promise<boolean> => {
    const path = ['get', 'service', 'writer', '-o', 'jsonpath={.status.loadBalancer.ingress[0].ip}'];
    const phase = await kubectl(name, ['get', 'pod', 'writer', '-o', 'jsonpath={.status.phase}']);
    return phase === 'Running' && (await kubectl(name, path)) !== '';
  };
  // Sometimes it is deleted in the middle of that.
  if (randomInt(3) > 0) kills += await crashUntil(isUsed, atMost(2));
  const { id } = await kaasJson<{ id: string }>(['cluster', 'get', name]);
  const { cloud, projectId } = await cloudIn('demo');
  await kaasOk(['cluster', 'delete', name, '--volumes', keep ? 'keep' : 'delete']);
  kills += await crashUntil(async () => (await kaas(['cluster', 'get', name])).code === 3, atMost(3));
  if (keep)
    for (const volume of await cloud.cinder.volumes.list({ all_tenants: true, project_id: projectId }))
      if (volume.metadata[clusterKey] === id) await cloud.cinder.volumes.delete(volume.id);
  await eventually(
    'all is as before',
    async () => {
      const now = await everything();
      if (JSON.stringify(now) === JSON.stringify(before)) return true;
      throw new Error(`before: ${JSON.stringify(before)}\nnow: ${JSON.stringify(now)}`);
    },
    60_000,
  );
  say(
    `round ${number}: ${tier}, volumes ${keep ? 'kept' : 'deleted'}, ${kills} kills, ${Math.round((Date.now() - started) / 1000)} s: no orphans`,
  );
}

await kaas(['down', '--purge', ...placement]);
let whole = false;
try {
  await kaasOk(['quickstart', ...settings]);
  await makeCanaries();
  for (let number = 1; number <= Number(values.rounds); number += 1) await round(number);
  whole = true;
} finally {
  if (whole || !values.keep) await kaas(['down', '--purge', ...placement]);
}

/** Things of a customer's own that look like a cluster's. */
async function makeCanaries(): Promise<void> {
  const { cloud, projectId } = await cloudIn('demo');
  await cloud.neutron.securityGroups.create({ name: 'k8s-cluster-round-1', project_id: projectId });
  const network = await cloud.neutron.networks.create({
    name: 'k8s-clusterapi-cluster-c-0000000000',
    project_id: projectId,
  });
  await cloud.neutron.ports.create({
    network_id: network.id,
    name: 'kube_service_c-0000000000_default_writer',
    project_id: projectId,
  });
}
