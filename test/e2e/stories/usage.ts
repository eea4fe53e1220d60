import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloudIn, readAdminFile } from '../support/cloud.ts';
import { home, kaasJson, kaasOk, kubectl } from '../support/platform.ts';

interface Worker {
  readonly name: string;
  readonly state: string;
  readonly flavor: string;
  readonly address: string;
  readonly serverId: string;
  readonly kubernetesVersion: string;
}

interface Usage {
  readonly total: string;
  readonly currency: string | null;
  readonly lines: readonly {
    readonly item: string;
    readonly sku: string;
    readonly quantity: string;
    readonly cost: string | null;
  }[];
}

/** In the cluster `demo`, after others have made and deleted load balancers and volumes in it. */
export function usageStories(): void {
  describe('what a cluster used', () => {
    it('begins with its workers, as Kubernetes and Nova know them', async () => {
      const { items } = await kaasJson<{ readonly items: readonly Worker[] }>(['node', 'list', 'demo']);
      const nodes = JSON.parse(await kubectl('demo', ['get', 'nodes', '-o', 'json'])).items as readonly {
        readonly metadata: { readonly name: string };
        readonly status: {
          readonly addresses: readonly { readonly type: string; readonly address: string }[];
          readonly nodeInfo: { readonly kubeletVersion: string };
        };
      }[];
      const known = nodes.map(({ metadata: { name }, status: { addresses, nodeInfo } }) => ({
        ...{ name, state: 'ready', kubernetesVersion: nodeInfo.kubeletVersion },
        address: addresses.find(({ type }) => type === 'InternalIP')?.address,
      }));
      expect(items).toHaveLength(2);
      expect(items).toMatchObject(known.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
      const { cloud } = await cloudIn('demo');
      for (const { serverId, name } of items) expect((await cloud.nova.servers.find(serverId))?.name).toBe(name);
    });

    it('is metered, and costs what the provider’s list says from then on', async () => {
      const before = await kaasJson<Usage>(['usage', '--cluster', 'demo']);
      const kinds = new Set(before.lines.map(({ item }) => item));
      // A snapshot of the stories before may have come and gone between two looks at the cloud.
      kinds.delete('volume-snapshot');
      expect(kinds).toEqual(new Set(['control-plane', 'node', 'load-balancer', 'floating-ip', 'volume']));
      for (const { quantity } of before.lines) expect(Number(quantity)).toBeGreaterThan(0);
      expect(before).toMatchObject({ currency: null, total: '0' });

      const env = { KAAS_CONFIG: join(home, 'provider.json'), OS_PASSWORD: (await readAdminFile()).password };
      await kaasOk(['login', '--user', 'admin', '--project', 'admin'], { env });
      const file = join(home, 'prices.json');
      const prices = [
        { item: 'control-plane', sku: 'ha', perHour: '3600' },
        { item: 'control-plane', sku: 'standard', perHour: '1800' },
      ];
      await writeFile(file, JSON.stringify({ currency: 'EUR', prices }));
      await kaasOk(['price', 'publish', file], { env });
      const plan = ['cluster', 'create', 'planned', '--tier', 'ha', '--dry-run'];
      expect(await kaasJson(plan)).toMatchObject({ price: { currency: 'EUR', perHour: '3600', perMonth: '2628000' } });
      const spent = async (): Promise<number> => Number((await kaasJson<{ readonly spent: string }>(['cost'])).spent);
      const first = await spent();
      const began = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const second = await spent();
      // One cluster runs: 1 or ½ EUR per second, by its tier.
      const { tier } = await kaasJson<{ readonly tier: string }>(['cluster', 'get', 'demo']);
      const perSecond = tier === 'ha' ? 1 : 0.5;
      expect(second - first).toBeGreaterThan(perSecond * 2.5);
      expect(second - first).toBeLessThan(perSecond * ((Date.now() - began) / 1000 + 3));
      const fleet = JSON.parse(await kaasOk(['fleet', 'usage', '-o', 'json'], { env })) as Usage;
      expect(Number(fleet.total)).toBeGreaterThanOrEqual(second);
    });
  });
}
