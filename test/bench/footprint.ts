import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { parseArgs, promisify } from 'node:util';
import { sleep } from '@matryoshka/system';
import { customerClient, finished, installation, liftNetworkQuota } from './platform.ts';
import { median } from './statistics.ts';

// What the machine's memory loses to further standard clusters without workers, and what is on disk. Idle memory of the platform: compare
// what is printed first with the same line after `kaas down`.

const { values } = parseArgs({ options: { clusters: { type: 'string', default: '5' } } });
const { config, api } = await installation();
const customer = await customerClient(config, api);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** MiB that the kernel could not hand out without swapping, median of five looks after the platform has come to rest. */
async function usedMiB(): Promise<number> {
  await sleep(30_000);
  const looks: number[] = [];
  for (let look = 0; look < 5; look += 1) {
    const text = await readFile('/proc/meminfo', 'utf8');
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
    looks.push((field('MemTotal') - field('MemAvailable')) / 1024);
    await sleep(1_000);
  }
  return median(looks);
}

const { stdout } = await promisify(execFile)('du', ['-m', '--max-depth=1', config.dataDir]);
say(`MiB under ${config.dataDir}:`);
say(stdout.trimEnd());

await liftNetworkQuota(config);
const ids: string[] = [];
let before = await usedMiB();
say(`memory in use: ${before.toFixed(0)} MiB`);
const costs: number[] = [];
try {
  for (let count = 1; count <= Number(values.clusters); count += 1) {
    const created = await customer.call('cluster.create', { body: { name: `bench-m${count}`, tier: 'standard' } });
    ids.push(created.clusterId);
    await finished(customer, created);
    const now = await usedMiB();
    costs.push(now - before);
    say(`with ${count} more standard cluster(s): ${now.toFixed(0)} MiB (+${(now - before).toFixed(0)})`);
    before = now;
  }
} finally {
  for (const clusterId of ids)
    await finished(customer, await customer.call('cluster.delete', { params: { clusterId } }));
}
say(`one more standard cluster: ${median(costs).toFixed(0)} MiB (median of ${costs.length})`);
