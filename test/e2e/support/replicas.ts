import { readdir, readFile } from 'node:fs/promises';
import { run, sleep } from '@matryoshka/system';
import { managementKubectl } from './platform.ts';

export interface Replica {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly ready: boolean;
}

/** Replicas of a control plane. One that is about to go answers for some seconds more, and is none. */
export async function replicasOf(id: string): Promise<readonly Replica[]> {
  const text = await managementKubectl(['get', 'pods', '-n', id, '-l', `kamaji.clastix.io/name=${id}`, '-o', 'json']);
  const { items } = JSON.parse(text) as {
    items: readonly {
      metadata: { name: string; uid: string; deletionTimestamp?: string };
      spec: { nodeName?: string };
      status: { conditions?: readonly { type: string; status: string }[] };
    }[];
  };
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata, spec, status }) => ({
      name: metadata.name,
      uid: metadata.uid,
      node: spec.nodeName ?? '',
      ready: status.conditions?.some(({ type, status: word }) => type === 'Ready' && word === 'True') ?? false,
    }));
}

/** Both replicas of an HA control plane; undefined while there is another number, or one is not ready. */
export async function wholeReplicas(id: string): Promise<readonly Replica[] | undefined> {
  const now = await replicasOf(id);
  return now.length === 2 && now.every(({ ready }) => ready) ? now : undefined;
}

/** The first process of a machine of pocket cloud. */
async function initOf(machine: string): Promise<number> {
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const read = async (file: string): Promise<string> =>
      (await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')).trim();
    if ((await read('comm')) === 'systemd' && (await read('root/etc/hostname')) === machine) return Number(pid);
  }
  throw new Error(`no machine ${machine}`);
}

/** Nothing goes in or out, and nobody is told: as when the power fails. */
const silence = `table inet matryoshka_lost {
  chain in { type filter hook prerouting priority -400; iifname "eth0" drop; }
  chain out { type filter hook output priority -400; oifname "eth0" drop; }
  chain through { type filter hook forward priority -400; oifname "eth0" drop; }
}`;

/** The process of a program in a pod: containers are processes of this machine. */
async function processOf(uid: string, program: string): Promise<number> {
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const read = async (file: string): Promise<string> =>
      await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    if ((await read('comm')).trim() !== program.slice(0, 15)) continue;
    const group = await read('cgroup');
    if (group.includes(uid) || group.includes(uid.replaceAll('-', '_'))) return Number(pid);
  }
  throw new Error(`no ${program} in the pod ${uid}`);
}

type Fault = (id: string, replica: Replica) => Promise<unknown>;

const kill =
  (program: string): Fault =>
  async (_, { uid }) =>
    process.kill(await processOf(uid, program), 'SIGKILL');

const deletePod = async (id: string, name: string, more: readonly string[]): Promise<unknown> =>
  await managementKubectl(['delete', 'pod', '-n', id, name, '--wait=false', ...more]);

/** What may happen to a replica of a control plane. */
export const faults = {
  delete: async (id, { name }) => await deletePod(id, name, []),
  'delete-by-force': async (id, { name }) => await deletePod(id, name, ['--force', '--grace-period=0']),
  restart: async (id) => await managementKubectl(['rollout', 'restart', '-n', id, `deployment/${id}`]),
  'kill-apiserver': kill('kube-apiserver'),
  'kill-kine': kill('kine'),
  'kill-konnectivity': kill('proxy-server'),
  'lose-node': async (_, { node }) => {
    const inside = ['nsenter', '-t', String(await initOf(node)), '-n', 'nft'] as const;
    await run([...inside, '-f', '-'], { input: silence });
    await sleep(lostMs);
    await run([...inside, 'delete', 'table', 'inet', 'matryoshka_lost']);
  },
  hang: async (_, { uid }) => {
    const pid = await processOf(uid, 'kube-apiserver');
    process.kill(pid, 'SIGSTOP');
    await sleep(hangMs);
    process.kill(pid, 'SIGCONT');
  },
} as const satisfies Readonly<Record<string, Fault>>;

const lostMs = 6_000;
/** Shorter than what a liveness probe allows. */
const hangMs = 6_000;
