import type { Cluster } from '@matryoshka/domain';
import { describe, expect, it } from 'vitest';
import { type UpgradeInput, upgradePlanView } from './plan.ts';

const catalogue = {
  versions: ['v1.37.1', 'v1.36.3', 'v1.35.9', 'v1.35.4'].map((version) => ({
    ...{ version, state: 'offered' as const, hasImage: true },
    isDefault: version === 'v1.36.3',
  })),
  flavors: ['m1.small'],
};
const cluster = (change: object = {}): Cluster =>
  ({
    id: 'c-aaaaaaaaaa',
    name: 'demo',
    kubernetesVersion: 'v1.35.4',
    pools: [{ name: 'w', count: 2, kubernetesVersion: 'v1.35.4' }],
    status: { kubernetesVersion: 'v1.35.4', conditions: [{ type: 'Ready', status: 'True', message: 'fine' }] },
    ...change,
  }) as unknown as Cluster;
const nothing = { nodes: [], fullBudgets: [], deadWebhooks: [], deprecatedApis: [], barePods: [] };
const plan = (change: Partial<UpgradeInput> = {}) =>
  upgradePlanView({
    ...{ cluster: cluster(), catalogue, version: undefined, withPools: true, found: { answer: nothing }, quota: [] },
    ...change,
  });

describe('the plan of an upgrade', () => {
  it('goes to the newest that can be reached, and says what else could be', () => {
    const { to, versions, ready, steps, findings } = plan();
    expect({ to, versions, ready, findings }).toEqual({
      ...{ to: 'v1.36.3', versions: ['v1.36.3', 'v1.35.9'], ready: true, findings: [] },
    });
    expect(steps.map(({ kind, name, to: target }) => `${kind} ${name} ${target}`)).toEqual([
      'control-plane demo v1.36.3',
      'pool w v1.36.3',
    ]);
  });

  it('refuses what the service would refuse, with the way that there is', () => {
    const { ready, findings } = plan({ version: 'v1.37.1' });
    expect(ready).toBe(false);
    expect(findings[0]).toMatchObject({ code: 'version_refused', severity: 'blocks', next: 'Go to v1.36.3.' });
    expect(plan({ version: 'nonsense' }).findings[0]?.code).toBe('version_refused');
  });

  it('brings pools up to a control plane that is the newest', () => {
    const newest = cluster({
      kubernetesVersion: 'v1.37.1',
      status: { ...cluster().status, kubernetesVersion: 'v1.37.1' },
    });
    expect(plan({ cluster: newest }).steps).toMatchObject([{ kind: 'pool', to: 'v1.37.1' }]);
    expect(plan({ cluster: newest, withPools: false })).toMatchObject({ to: null, steps: [], ready: true });
  });

  it('has nothing to say against nothing', () => {
    const done = cluster({
      kubernetesVersion: 'v1.37.1',
      pools: [],
      status: { kubernetesVersion: 'v1.37.1', conditions: [] },
    });
    expect(plan({ cluster: done })).toMatchObject({ to: null, steps: [], findings: [], ready: true });
  });

  it('tells what lacks for the workers only where some are replaced', () => {
    const quota = [{ pointer: '', code: 'quota_instances', message: 'needs 1 servers for a while, 0 of 2 are left' }];
    expect(plan({ quota }).findings.map(({ code }) => code)).toEqual(['quota_for_surge']);
    expect(plan({ quota, withPools: false }).findings).toEqual([]);
  });

  it('does not call a cluster ready that nobody could look into, nor one that is not in order', () => {
    const { ready, findings } = plan({ found: { error: 'no answer' } });
    expect(ready).toBe(false);
    expect(findings[0]).toMatchObject({ code: 'could_not_look', message: expect.stringContaining('no answer') });
    const broken = cluster({ status: { kubernetesVersion: 'v1.35.4', conditions: [] } });
    expect(plan({ cluster: broken }).findings[0]?.code).toBe('cluster_not_ready');
  });

  it('puts what blocks first', () => {
    const facts = {
      ...nothing,
      barePods: ['default/one'],
      deadWebhooks: [{ name: 'w', service: 'a/b', resources: 'pods' }],
      fullBudgets: [{ name: 'a/b', pods: 1, healthy: 1 }],
    };
    expect(plan({ found: { answer: facts } }).findings.map(({ severity }) => severity)).toEqual([
      ...['blocks', 'warns', 'warns'],
    ]);
  });
});
