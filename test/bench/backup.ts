import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createKubeClient, type KubeObject, parseServer } from '@matryoshka/kube';
import { kaasOk } from '../e2e/support/platform.ts';

// How long a backup and a restore of so many objects take, of what there is and of a moment of the past. On a platform that is there:
// `KAAS_E2E_DATA_DIR=/var/lib/matryoshka node test/bench/backup.ts --cluster demo --objects 10000`. The objects are ConfigMaps of 1 KiB, and stay.

const { values } = parseArgs({
  options: { cluster: { type: 'string', default: 'demo' }, objects: { type: 'string', default: '10000' } },
});
const name = values.cluster;
// The session of whoever runs this.
const env = { KAAS_CONFIG: join(homedir(), '.config', 'matryoshka', 'config.json') };
const kaas = async (...argv: readonly string[]): Promise<string> => await kaasOk(argv, { env });
const json = async <T>(...argv: readonly string[]): Promise<T> => JSON.parse(await kaas(...argv, '-o', 'json')) as T;

interface Backup {
  readonly id: string;
  readonly keys: number;
  readonly bytes: number;
  readonly createdAt: string;
  readonly finishedAt: string;
}

const { id } = await json<{ readonly id: string }>('cluster', 'get', name);
const server = parseServer(await kaas('cluster', 'kubeconfig', name, '--stdout'));
const credential = JSON.parse(await kaas('get-token', '--cluster', id)) as {
  readonly status: { readonly token: string };
};
const client = createKubeClient({ ...server, token: credential.status.token });
let next = 0;
const writer = async (): Promise<void> => {
  for (let n = next++; n < Number(values.objects); n = next++) {
    const metadata = { name: `bench-${n}`, namespace: 'default' };
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { some: `${n} `.repeat(256).slice(0, 1024) },
    };
    await client.apply(object as KubeObject, { fieldManager: 'bench', force: true });
  }
};
await Promise.all(Array.from({ length: 16 }, writer));

const seconds = (from: number): string => `${((performance.now() - from) / 1_000).toFixed(1)} s`;
const beganBackup = performance.now();
const made = await json<Backup>('backup', 'create', name, '--wait');
const took = (Date.parse(made.finishedAt) - Date.parse(made.createdAt)) / 1_000;
process.stdout.write(
  `backup: ${made.keys} objects, ${(made.bytes / 2 ** 20).toFixed(1)} MiB, ${took.toFixed(1)} s from being asked for to being proved (${seconds(beganBackup)} for the caller)\n`,
);
await restore(made.id);

// A moment, and everything of it gone right after.
const moment = new Date();
for (let n = 0; n < Number(values.objects); n += 2)
  await client.delete({ apiVersion: 'v1', kind: 'ConfigMap', name: `bench-${n}`, namespace: 'default' });
const beganMoment = performance.now();
const old = await json<Backup>('backup', 'create', name, '--at', moment.toISOString(), '--wait');
process.stdout.write(
  `backup of ${Math.round((Date.now() - moment.getTime()) / 1_000)} s ago: ${old.keys} objects, ${seconds(beganMoment)}\n`,
);
await restore(old.id);
await client.close();

async function restore(backupId: string): Promise<void> {
  const beganRestore = performance.now();
  const operation = await json<{
    readonly phases: readonly {
      readonly name: string;
      readonly startedAt: string | null;
      readonly finishedAt: string | null;
    }[];
  }>('backup', 'restore', name, backupId, '--wait');
  process.stdout.write(`restore: ${seconds(beganRestore)} until the cluster is ready\n`);
  for (const { name: phase, startedAt, finishedAt } of operation.phases)
    process.stdout.write(`  ${phase}: ${startedAt} to ${finishedAt}\n`);
}
