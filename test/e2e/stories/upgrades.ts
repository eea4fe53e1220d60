import type { Report } from '@matryoshka/probe';
import { afterAll, describe, expect, it } from 'vitest';
import { kaas, kaasJson, kaasOk, kubectl, placement } from '../support/platform.ts';
import { eventually } from '../support/waiting.ts';

const [older, newer] = ['v1.35.4', 'v1.36.3'];
/** Another Kubernetes takes ten minutes to build. */
const offerTimeoutMs = 30 * 60_000;

/** Not part of every run: with the build, a new machine would need more than its 90 minutes. `KAAS_TEST_UPGRADES=1 ./kaas test --tier e2e` has it. */
const upgradesWanted: boolean = process.env.KAAS_TEST_UPGRADES === '1';

interface Shown {
  readonly id: string;
  readonly kubernetesVersion: string;
  readonly status: { readonly phase: string; readonly kubernetesVersion: string };
  readonly pools: readonly { readonly kubernetesVersion: string; readonly status: { readonly ready: number } }[];
}
interface Version {
  readonly gitVersion: string;
}

const shown = async (): Promise<Shown> => await kaasJson<Shown>(['cluster', 'get', 'older']);
const apiVersion = async (): Promise<string> => {
  const versions = JSON.parse(await kubectl('older', ['version', '-o', 'json'])) as { readonly serverVersion: Version };
  return versions.serverVersion.gitVersion;
};
const kubelets = async (): Promise<readonly string[]> =>
  (await kubectl('older', ['get', 'nodes', '-o', 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}'])).split(' ');

interface Plan {
  readonly to: string;
  readonly ready: boolean;
  readonly steps: readonly { readonly kind: string }[];
  readonly findings: readonly { readonly code: string }[];
}
const planned = async (): Promise<Plan> => await kaasJson<Plan>(['cluster', 'upgrade', 'older', '--dry-run']);

/** As somebody would who reads what is in the way, and waits until it is not. */
async function upgrade(more: readonly string[]): Promise<void> {
  await eventually('nothing is in the way', async () => ((await planned()).ready ? true : undefined), 120_000);
  await kaasOk(['cluster', 'upgrade', 'older', ...more, '--wait']);
}

/** From one minor to the next, while somebody uses the cluster. */
export function upgradeStories(): void {
  if (!upgradesWanted) return;
  describe('an upgrade', () => {
    afterAll(async () => {
      // Whatever became of it, the stories after this one find what they expect.
      await kaas(['cluster', 'delete', 'older', '--wait']);
    });

    it('begins with a cluster of a version that the provider offers besides', { timeout: offerTimeoutMs }, async () => {
      await kaasOk(['components', 'offer', older, ...placement]);
      const pool = ['--pool', 'workers:m1.small:1'];
      await kaasOk(['cluster', 'create', 'older', '--tier', 'ha', '--kubernetes-version', older, ...pool, '--wait']);
      await kaasOk(['cluster', 'kubeconfig', 'older']);
      expect(await apiVersion()).toBe(older);
      expect(await kubelets()).toEqual([older]);
      const workload = [
        'create',
        'deployment',
        'hello',
        '--image=docker.io/library/busybox:1.35.0',
        '--command',
        '--',
        'sleep',
      ];
      await kubectl('older', [...workload, '86400']);
      await kubectl('older', ['rollout', 'status', 'deployment/hello', '--timeout=120s']);
    });

    it('is planned: its steps, and who is in the way', async () => {
      await kubectl('older', ['create', 'poddisruptionbudget', 'strict', '--selector=app=hello', '--min-available=1']);
      const plan = await eventually('the budget is counted', async () => {
        const found = await planned();
        return found.ready && found.findings.length > 0 ? found : undefined;
      });
      expect(plan).toMatchObject({ to: newer, ready: true, findings: [{ code: 'budget_full' }] });
      expect(plan.steps.map(({ kind }) => kind)).toEqual(['control-plane', 'pool']);
      await kubectl('older', ['delete', 'poddisruptionbudget', 'strict']);
      expect((await planned()).findings).toEqual([]);
      const early = await kaas(['pool', 'update', 'older', 'workers', '--kubernetes-version', newer]);
      expect(early).toMatchObject({ code: 2, stderr: expect.stringContaining('never newer than the control plane') });
    });

    it('of the control plane loses nothing, and leaves its workers alone', async () => {
      const probing = kaas(['probe', 'older', '--for', '120s', '--exec-interval', '2s', '-o', 'json']);
      const before = await kubectl('older', ['get', 'nodes', '-o', 'name']);
      await upgrade(['--pools', 'none']);
      const { code, stderr, stdout } = await probing;
      expect(code, stderr).toBe(0);
      const report = JSON.parse(stdout) as Report;
      expect(report.acknowledged).toBeGreaterThan(500);
      expect(report.lost, JSON.stringify(report.calls)).toEqual([]);
      expect(report.watch, JSON.stringify(report.watch)).toMatchObject({ missing: [], doubled: 0, reordered: 0 });
      expect(await shown()).toMatchObject({
        ...{ kubernetesVersion: newer, pools: [{ kubernetesVersion: older }] },
        status: { phase: 'ready', kubernetesVersion: newer },
      });
      expect(await apiVersion()).toBe(newer);
      expect(await kubelets()).toEqual([older]);
      expect(await kubectl('older', ['get', 'nodes', '-o', 'name'])).toBe(before);
      const back = await kaas(['cluster', 'upgrade', 'older', '--to', older, '--force']);
      expect(back.stderr).toMatch(/does not go back/);
    });

    it('of its workers puts new ones in their place, and the workload is there', async () => {
      await upgrade([]);
      expect(await kubelets()).toEqual([newer]);
      await kubectl('older', ['rollout', 'status', 'deployment/hello', '--timeout=120s']);
      expect((await shown()).pools).toMatchObject([{ kubernetesVersion: newer, status: { ready: 1 } }]);
      const proxy = ['get', 'daemonset', 'kube-proxy', '-n', 'kube-system', '-o'];
      expect(await kubectl('older', [...proxy, 'jsonpath={.spec.template.spec.containers[0].image}'])).toContain(newer);
      const nothing = await kaas(['cluster', 'upgrade', 'older']);
      expect(nothing).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing to be upgraded') });
    });
  });
}
