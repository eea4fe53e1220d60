import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatDuration, readState, status } from '@matryoshka/installer';
import { run } from '@matryoshka/system';
import { contentsOf, ensureCustomer, ensureWorkerImage, lab, loginToLab, routeTo, startLab, stopLab } from './lab.ts';
import { startService } from './service.ts';
import { logsAndExec, nodeOf, onVolume, person, throughLoadBalancer } from './story.ts';

const { values } = parseArgs({
  options: { folder: { type: 'string', default: '/tmp/openstack-lab' }, keep: { type: 'boolean', default: false } },
});
const { folder, keep } = values;
const name = 'acceptance';
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const detail = (line: string): void => say(`    ${line}`);
const timings: [string, number][] = [];
async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  say(`== ${what}`);
  const started = performance.now();
  const result = await work();
  timings.push([what, performance.now() - started]);
  say(`   ${formatDuration(performance.now() - started)}`);
  return result;
}

const config = await readState();
if (config === undefined || !(await status()).managementCluster.answers)
  throw new Error('no management cluster answers here; run: kaas up');
const kaas = new URL('../../kaas', import.meta.url).pathname;
const admin = loginToLab(lab.admin.username, lab.admin.password, lab.admin.project);
let startedLab = false;

try {
  await step('a real OpenStack', async () => {
    startedLab = await startLab(folder, detail);
    await routeTo(folder, config.network.cidr);
  });
  const mirror = `http://${config.network.address}:${config.ports.registry}`;
  const image = await step('bootable worker image', async () => {
    const argv = ['image', 'build', '--format', 'qcow2', '--registry-mirror', mirror, '-o', 'json'];
    const { stdout } = await run([kaas, ...argv, '--kubernetes-version', config.kubernetesVersion]);
    return JSON.parse(stdout) as {
      readonly file: string;
      readonly sha256: string;
      readonly properties: Readonly<Record<string, string>>;
    };
  });
  await step('image into Glance', async () => {
    await ensureWorkerImage(admin, image, `matryoshka-worker-${config.kubernetesVersion}`);
  });
  const customer = await step('customer', async () => {
    if (!(await admin.nova.flavors.list({})).some((flavor) => flavor.name === 'worker'))
      await admin.nova.flavors.create({ name: 'worker', vcpus: 2, ram: 2048, disk: 10 });
    return await ensureCustomer(admin, name, 'acceptance-only');
  });
  const before = await contentsOf(admin, customer.projectId);
  assert.deepEqual(Object.values(before).flat(), [], 'the project is empty');

  const service = await step('kaas-api and kaas-controller', async () => {
    return await startService(config, join(folder, 'service'), 7543);
  });
  try {
    const user = person(service.url, join(folder, 'service'), name, detail);
    await user.kaas(['login', '--user', name, '--project', name], { OS_PASSWORD: customer.password });
    await step('cluster with one worker', async () => {
      await user.kaas([
        'cluster',
        'create',
        name,
        '--tier',
        'standard',
        '--pool',
        'w:worker:1',
        '--wait',
        '--timeout',
        '40m',
      ]);
    });
    await user.kaas(['cluster', 'kubeconfig', name]);
    detail(`node ${await nodeOf(user)}`);
    await step('workload, logs, exec', async () => await logsAndExec(user));
    await step('load balancer to the first answer', async () => detail(await throughLoadBalancer(user)));
    await step('volume, pod, second pod', async () => await onVolume(user));
    detail(JSON.stringify(await contentsOf(admin, customer.projectId)));
    await user.kaas(['cluster', 'resources', name]);
    await step('deletion of the cluster', async () => {
      await user.kaas(['cluster', 'delete', name, '--volumes', 'delete', '--wait', '--timeout', '20m']);
    });
    const after = await contentsOf(admin, customer.projectId);
    assert.deepEqual(Object.values(after).flat(), [], `the project is empty again: ${JSON.stringify(after)}`);
    const users = (await admin.keystone.users.list({})).map((one) => one.name);
    assert.deepEqual(
      users.filter((one) => one.startsWith('matryoshka-')),
      [],
      'no service user is left',
    );
  } finally {
    if (keep) {
      say(`Kept for a look: ${service.url}, session and kubeconfig in ${folder}/service. End it with Ctrl-C.`);
      await once(process, 'SIGINT');
    }
    await service.stop();
  }
  say('\nEverything passed.');
} finally {
  for (const [what, ms] of timings) say(`${formatDuration(ms).padStart(12)}  ${what}`);
  if (startedLab) await stopLab(folder);
}
