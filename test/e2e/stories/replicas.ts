import { readdir, readFile } from 'node:fs/promises';
import type { Report } from '@matryoshka/probe';
import { describe, expect, it } from 'vitest';
import { home, kaas, kaasJson, managementKubectl, type Outcome } from '../support/platform.ts';
import { type Replica, replicasOf } from '../support/replicas.ts';
import { sql } from '../support/sql.ts';
import { eventually } from '../support/waiting.ts';

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

/** An HA control plane loses a replica while somebody uses it without pause. */
export function replicaStories(): void {
  describe('an HA control plane', () => {
    const hurt: Readonly<Record<string, (id: string, replica: Replica) => Promise<unknown>>> = {
      'is told to go': async (id, { name }) =>
        await managementKubectl(['delete', 'pod', '-n', id, name, '--wait=false']),
      'loses its API server': async (_, { uid }) => process.kill(await processOf(uid, 'kube-apiserver'), 'SIGKILL'),
      // Each of them, as a new version would.
      'and the other are replaced': async (id) =>
        await managementKubectl(['rollout', 'restart', '-n', id, `deployment/${id}`]),
      'loses its kine': async (_, { uid }) => process.kill(await processOf(uid, 'kine'), 'SIGKILL'),
    };

    it.each(Object.keys(hurt))('loses nothing while a replica %s', async (what) => {
      const { id } = await kaasJson<{ readonly id: string }>(['cluster', 'get', 'demo']);
      const whole = async (): Promise<readonly Replica[] | undefined> => {
        const now = await replicasOf(id);
        return now.length === 2 && now.every(({ ready }) => ready) ? now : undefined;
      };
      const [victim] = await eventually('both replicas are ready', whole);
      if (victim === undefined) throw new Error('no replica');
      const picture = `${home}/probe.svg`;
      const probing = kaas(['probe', 'demo', '--for', '25s', '--exec-interval', '2s', '--svg', picture, '-o', 'json']);
      await new Promise((resolve) => setTimeout(resolve, 8_000));
      await hurt[what]?.(id, victim);
      const probed: Outcome = await probing;
      expect(probed.code, probed.stderr).toBe(0);
      const report = JSON.parse(probed.stdout) as Report;
      // How long it took depends on this machine; test/e2e tells what may never be.
      expect(report.acknowledged).toBeGreaterThan(100);
      expect(report.lost, JSON.stringify(report.calls)).toEqual([]);
      expect(report.watch, JSON.stringify(report.watch)).toMatchObject({ missing: [], doubled: 0, reordered: 0 });
      expect(await readFile(picture, 'utf8')).toContain('</svg>');
      await managementKubectl(['rollout', 'status', '-n', id, `deployment/${id}`, '--timeout=300s']);
      await eventually('both replicas are ready again', whole);
    });
  });

  describe('the databases of control planes', () => {
    it('are closed to the roles of others', async () => {
      const open = async (): Promise<true | undefined> => {
        const [count] = await sql(
          'postgres',
          `select count(*) filter (where has_database_privilege('public', oid, 'connect')) || ' of ' || (count(*) > 0)
           from pg_database where datname ~ '^c_[a-z0-9]{10}$'`,
        );
        return count === '0 of true' ? true : undefined;
      };
      await eventually('none is open', open, 120_000);
    });
  });
}
