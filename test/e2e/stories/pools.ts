import { afterAll, describe, expect, it } from 'vitest';
import { kaas, kaasJson, kaasOk, kubectl } from '../support/platform.ts';
import { eventually } from '../support/waiting.ts';
import { backupStories } from './backups.ts';
import { certificateStories } from './certificates.ts';
import { hibernationStories } from './hibernation.ts';
import { keyStories } from './keys.ts';

interface Shown {
  readonly id: string;
  readonly pools: readonly { readonly count: number; readonly status: { readonly ready: number } }[];
}
interface Node {
  readonly metadata: { readonly name: string; readonly uid: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly taints?: readonly { readonly key: string }[] };
  readonly status: { readonly allocatable: Readonly<Record<string, string>> };
}

const nodes = async (): Promise<readonly Node[]> => {
  const text = await kubectl('pools', ['get', 'nodes', '-o', 'json']);
  return (JSON.parse(text) as { readonly items: readonly Node[] }).items;
};
const count = async (): Promise<number | undefined> =>
  (await kaasJson<Shown>(['cluster', 'get', 'pools'])).pools[0]?.count;

/** A pool whose workers are changed, replaced and counted by what pods need. */
export function poolStories(): void {
  describe('a pool', () => {
    afterAll(async () => {
      await kaas(['cluster', 'delete', 'pools', '--wait']);
    });

    it('gives its nodes new labels and taints, and workers offer what their flavor has', async () => {
      await kaasOk(['cluster', 'create', 'pools', '--pool', 'workers:m1.small:1', '--wait']);
      await kaasOk(['cluster', 'kubeconfig', 'pools']);
      const [before] = await nodes();
      expect(before?.status.allocatable.cpu).toBe('1');
      expect(Number.parseInt(before?.status.allocatable.memory ?? '', 10)).toBeLessThan(1024 * 1024);
      const settings = ['--label', 'tier=web', '--taint', 'calm=yes:PreferNoSchedule'];
      await kaasOk(['pool', 'update', 'pools', 'workers', ...settings, '--wait']);
      const [after, ...more] = await nodes();
      expect(more).toEqual([]);
      expect(after?.metadata).toMatchObject({ uid: before?.metadata.uid, labels: { tier: 'web' } });
      expect(after?.spec.taints).toMatchObject([{ key: 'calm' }]);
      await kaasOk(['pool', 'update', 'pools', 'workers', '--label', '', '--taint', '', '--wait']);
      const [bare] = await nodes();
      expect(bare?.metadata.labels).not.toHaveProperty('tier');
      expect(bare?.spec.taints ?? []).toEqual([]);
    });

    it('grows when pods have no room, and shrinks when they are gone', { timeout: 900_000 }, async () => {
      const autoscale = ['--autoscale', '1:3', '--scale-down-after', '1m'];
      await kaasOk(['pool', 'update', 'pools', 'workers', ...autoscale, '--wait']);
      const image = '--image=docker.io/library/busybox:1.35.0';
      await kubectl('pools', ['create', 'deployment', 'busy', image, '--replicas=2', '--', 'sleep', '86400']);
      await kubectl('pools', ['set', 'resources', 'deployment/busy', '--requests=cpu=600m']);
      await kubectl('pools', ['rollout', 'status', 'deployment/busy', '--timeout=300s']);
      expect(await count()).toBe(2);
      await kubectl('pools', ['scale', 'deployment/busy', '--replicas=0']);
      await eventually(
        'the pool is as small as it may be',
        async () => ((await count()) === 1 ? true : undefined),
        300_000,
      );
      await eventually('the node is gone', async () => ((await nodes()).length === 1 ? true : undefined), 300_000);
      await kaasOk(['pool', 'update', 'pools', 'workers', '--autoscale', 'off', '--wait']);
    });

    it('replaces one worker on request, and refuses one that it does not have', { timeout: 600_000 }, async () => {
      const [before] = await nodes();
      const name = before?.metadata.name ?? '';
      expect(await kaas(['node', 'recycle', 'pools', 'nobody'])).toMatchObject({ code: 3 });
      await kaasOk(['node', 'recycle', 'pools', name, '--wait']);
      const [after, ...more] = await nodes();
      expect(more).toEqual([]);
      expect(after?.metadata.name).not.toBe(name);
    });

    backupStories('pools');
    hibernationStories('pools');
    // Before workers are replaced: those are made with the new credential.
    keyStories('pools');
    certificateStories('pools');
  });
}
