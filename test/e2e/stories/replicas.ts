import { readFile } from 'node:fs/promises';
import type { Report } from '@matryoshka/probe';
import { describe, expect, it } from 'vitest';
import { home, kaas, kaasJson, managementKubectl, type Outcome } from '../support/platform.ts';
import { faults, wholeReplicas } from '../support/replicas.ts';
import { sql } from '../support/sql.ts';
import { eventually } from '../support/waiting.ts';

/** An HA control plane loses a replica while somebody uses it without pause. */
export function replicaStories(): void {
  describe('an HA control plane', () => {
    const hurt = {
      'is told to go': 'delete',
      'loses its API server': 'kill-apiserver',
      // Each of them, as a new version would.
      'and the other are replaced': 'restart',
      'loses its kine': 'kill-kine',
    } as const;

    it.each(Object.entries(hurt))('loses nothing while a replica %s', async (_, fault) => {
      const { id } = await kaasJson<{ readonly id: string }>(['cluster', 'get', 'demo']);
      const whole = async () => await wholeReplicas(id);
      const [victim] = await eventually('both replicas are ready', whole);
      if (victim === undefined) throw new Error('no replica');
      const picture = `${home}/probe.svg`;
      const probing = kaas(['probe', 'demo', '--for', '25s', '--exec-interval', '2s', '--svg', picture, '-o', 'json']);
      await new Promise((resolve) => setTimeout(resolve, 8_000));
      await faults[fault](id, victim);
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
