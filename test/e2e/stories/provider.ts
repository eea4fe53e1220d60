import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@matryoshka/system';
import { describe, expect, it } from 'vitest';
import { readAdminFile } from '../support/cloud.ts';
import { home, kaas, kaasJson, kaasOk, kubectl, paths, placement } from '../support/platform.ts';
import { sql } from '../support/sql.ts';
import { eventually } from '../support/waiting.ts';

interface ManagementCluster {
  readonly name: string;
  readonly state: string;
  readonly nodes: number;
  readonly tenants: { readonly standard: number; readonly ha: number };
  readonly capacity: { readonly memoryMib: number } | null;
  readonly room: { readonly standard: boolean };
  readonly dataStores: readonly {
    readonly name: string;
    readonly maxConnections: number | null;
    readonly connections: number | null;
    readonly bytes: number | null;
  }[];
}

/** What only the provider sees and does. */
export function providerStories(): void {
  const env = { KAAS_CONFIG: join(home, 'provider.json') };

  describe('the provider', () => {
    it('sees the room of the management cluster and its DataStore, and takes it out of use', async () => {
      const { password } = await readAdminFile();
      await kaasOk(['login', '--user', 'admin', '--project', 'admin'], { env: { ...env, OS_PASSWORD: password } });
      const fleet = async (): Promise<readonly ManagementCluster[]> =>
        (
          JSON.parse(await kaasOk(['fleet', 'management-clusters', '-o', 'json'], { env })) as {
            items: ManagementCluster[];
          }
        ).items;
      const [only, ...others] = await fleet();
      expect(others).toEqual([]);
      expect(only).toMatchObject({ name: 'default', state: 'active', nodes: 2, room: { standard: true } });
      const clusters = Number((await sql('kaas', 'select count(*) from clusters where deleted_at is null'))[0]);
      expect((only?.tenants.standard ?? 0) + (only?.tenants.ha ?? 0)).toBe(clusters);
      expect(only?.capacity?.memoryMib).toBeGreaterThan(1_000);
      const [store] = only?.dataStores ?? [];
      expect(store?.name).toBe('default');
      // Four fifths of the 500 that PostgreSQL is set up with, without those of its superusers.
      expect(store?.maxConnections).toBe(397);
      expect(store?.connections).toBeGreaterThan(5);
      expect(store?.bytes).toBeGreaterThan(1_000_000);

      await kaasOk(['fleet', 'cordon', 'default', '--reason', 'a test'], { env });
      const refused = await kaas(['cluster', 'create', 'nowhere', '--dry-run']);
      expect(refused.stderr).toContain('[no_capacity]');
      await kaasOk(['fleet', 'uncordon', 'default'], { env });
      expect((await kaas(['cluster', 'create', 'somewhere', '--dry-run'])).code).toBe(0);
    });

    it('gathers what its makers would need, metrics and all, without any secret of the installation', async () => {
      const file = join(home, 'bundle.tar.gz');
      const { code, stdout, stderr } = await kaas(['diagnose', ...placement, '--file', file]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${file}\n` });
      expect(stderr).not.toContain('left out');
      const bundle = (await run(['tar', 'xzOf', file])).stdout;
      expect(bundle).toMatch(/kaas_clusters\{phase="ready",tier="\w+"\} [1-9]/);
      expect(bundle).toMatch(/kaas_tenant_store\{cluster="c-\w{10}",what="bytes"\} [1-9]/);
      const texts = (value: unknown): readonly string[] =>
        typeof value === 'string' ? [value] : Object.values(value as object).flatMap(texts);
      const secrets = [
        ...texts(JSON.parse(await readFile(join(paths.secrets, 'secrets.json'), 'utf8'))),
        ...(await readFile(paths.secretKeyFile, 'utf8')).trim().split('\n'),
        ...[...(await readFile(paths.managementKubeconfig, 'utf8')).matchAll(/-key-data: (\S+)/g)].map(
          ([, key = '']) => key,
        ),
      ];
      expect(secrets.length).toBeGreaterThan(8);
      for (const secret of secrets) expect(bundle.includes(secret), `${secret.slice(0, 3)}…`).toBe(false);
    });

    it('gives the secrets a new key while everything runs, and drops the old one when nothing needs it', async () => {
      const keys = async (): Promise<readonly string[]> =>
        (await readFile(paths.secretKeyFile, 'utf8')).trim().split('\n');
      const before = await keys();
      const rotated = await kaas(['secret-key', 'rotate', ...placement]);
      expect(rotated.code, rotated.stderr).toBe(0);
      expect(await keys()).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), ...before]);
      // Whoever was logged in still is, and gets into the cluster.
      await kaasJson(['cluster', 'get', 'demo']);
      await kubectl('demo', ['get', 'nodes']);
      const answers = Number((await sql('kaas', "select count(*) from idempotency_keys where body like 'A%'"))[0]);
      const early = await kaas(['secret-key', 'forget', ...placement]);
      if (answers > 0) {
        expect(early.stderr).toContain('still under another key');
        await sql('kaas', "delete from idempotency_keys where body like 'A%'");
        await kaasOk(['secret-key', 'forget', ...placement]);
      } else expect(early.code).toBe(0);
      expect(await keys()).toHaveLength(1);
      await eventually('the API opens what it has with the new key alone', async () => {
        await kubectl('demo', ['get', 'nodes']);
        return true;
      });
    });
  });
}
