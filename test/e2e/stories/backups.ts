import { sleep } from '@matryoshka/system';
import { describe, expect, it } from 'vitest';
import { withFreshPod } from '../support/kubernetes.ts';
import { kaas, kaasJson, kaasOk, kubectl } from '../support/platform.ts';
import { sql } from '../support/sql.ts';

interface Backup {
  readonly id: string;
  readonly reason: string;
  readonly state: string;
  readonly verifiedAt: string | null;
  readonly moment: string | null;
}

const backups = async (name: string): Promise<readonly Backup[]> => {
  const shown = await kaasJson<{ readonly items: readonly Backup[] }>(['backup', 'list', name]);
  return shown.items;
};

/** A cluster that exists is backed up, changed, and restored while its workers go on. */
export function backupStories(name: string): void {
  describe('a backup', () => {
    it('brings back what was there, and what came later is gone', { timeout: 900_000 }, async () => {
      const has = async (what: string): Promise<boolean> =>
        (await kubectl(name, ['get', what, '--ignore-not-found', '-o', 'name'])) !== '';
      await kubectl(name, ['create', 'configmap', 'early', '--from-literal=a=b']);
      await kaasOk(['backup', 'create', name, '--wait']);
      const [made] = await backups(name);
      expect(made).toMatchObject({ state: 'succeeded', reason: 'requested' });
      expect(made?.verifiedAt).not.toBeNull();
      await kubectl(name, ['delete', 'configmap', 'early']);
      await kubectl(name, ['create', 'configmap', 'late', '--from-literal=a=b']);
      const nodes = await kubectl(name, ['get', 'nodes', '-o', 'name']);

      expect(await kaas(['backup', 'restore', name, 'b-aaaaaaaaaaaa'])).toMatchObject({ code: 3 });
      await kaasOk(['backup', 'restore', name, made?.id ?? '', '--wait']);
      expect([await has('configmap/early'), await has('configmap/late')]).toEqual([true, false]);
      expect(await kubectl(name, ['get', 'nodes', '-o', 'name'])).toBe(nodes);
      await withFreshPod(name);

      // A restore is taken back by what was backed up before it.
      const [before, ...older] = await backups(name);
      expect(before).toMatchObject({ state: 'succeeded', reason: 'before-restore' });
      expect(older).toHaveLength(1);
      await kaasOk(['backup', 'restore', name, before?.id ?? '', '--wait']);
      expect([await has('configmap/early'), await has('configmap/late')]).toEqual([false, true]);
    });

    it('is had back of a moment before somebody deleted the wrong thing', { timeout: 900_000 }, async () => {
      await kubectl(name, ['create', 'namespace', 'shop']);
      await kubectl(name, ['create', 'configmap', 'orders', '-n', 'shop', '--from-literal=a=b']);
      await sleep(1_500);
      const moment = new Date().toISOString();
      await sleep(1_500);
      await kubectl(name, ['delete', 'namespace', 'shop', '--wait=true']);
      expect(await kaas(['backup', 'create', name, '--at', '2026-01-01T00:00:00Z'])).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('moment_not_archived'),
      });
      const others = await sql('postgres', 'select datname from pg_database order by 1');
      await kaasOk(['backup', 'create', name, '--at', moment, '--wait']);
      expect(await sql('postgres', 'select datname from pg_database order by 1')).toEqual(others);
      const [made] = await backups(name);
      expect(made).toMatchObject({ state: 'succeeded', moment });
      expect(await kubectl(name, ['get', 'namespace', 'shop', '--ignore-not-found', '-o', 'name'])).toBe('');
      await kaasOk(['backup', 'restore', name, made?.id ?? '', '--wait']);
      expect(await kubectl(name, ['get', 'configmap', 'orders', '-n', 'shop', '-o', 'jsonpath={.data.a}'])).toBe('b');
    });
  });
}
