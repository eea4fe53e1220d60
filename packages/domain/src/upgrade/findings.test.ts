import { describe, expect, it } from 'vitest';
import { defaultPoolSettings } from '../cluster/model.ts';
import type { UpgradeFacts } from './facts.ts';
import { factFindings, findingCodes, stateFindings, upgradeSteps } from './findings.ts';

const nothing: UpgradeFacts = { nodes: [], fullBudgets: [], deadWebhooks: [], deprecatedApis: [], barePods: [] };
const everything: UpgradeFacts = {
  nodes: [
    { name: 'a', ready: true },
    { name: 'b', ready: false },
  ],
  fullBudgets: [{ name: 'shop/web', pods: 2, healthy: 2 }],
  deadWebhooks: [{ name: 'check.example.test', service: 'shop/check', resources: 'pods' }],
  deprecatedApis: [
    { api: 'x/v1beta1 things', removedInMinor: 36 },
    { api: 'y/v1beta1 things', removedInMinor: 37 },
  ],
  barePods: ['default/one', 'default/two'],
};
const said = (facts: UpgradeFacts, to: string, replacesWorkers: boolean) =>
  factFindings(facts, to, replacesWorkers).map(({ severity, code, subject }) => `${severity} ${code} ${subject}`);

describe('what is found inside a cluster', () => {
  it('says nothing of a cluster in order', () => {
    expect(said({ ...nothing, nodes: [{ name: 'a', ready: true }] }, 'v1.36.3', true)).toEqual([]);
  });

  it('is judged for the version: what goes with it blocks, what goes later is told', () => {
    expect(said(everything, 'v1.36.3', true)).toEqual([
      'blocks api_removed x/v1beta1 things',
      'warns api_deprecated y/v1beta1 things',
      'blocks webhook_dead check.example.test',
      'warns budget_full shop/web',
      'warns node_not_ready b',
      'warns bare_pods default/one, default/two',
    ]);
    expect(said(everything, 'v1.35.9', true)[0]).toBe('warns api_deprecated x/v1beta1 things');
    expect(said(everything, 'v1.37.0', true)[1]).toBe('blocks api_removed y/v1beta1 things');
  });

  it('does not speak of workers where none is replaced', () => {
    expect(said(everything, 'v1.36.3', false)).toEqual([
      'blocks api_removed x/v1beta1 things',
      'warns api_deprecated y/v1beta1 things',
      'blocks webhook_dead check.example.test',
    ]);
  });

  it('names who must act and the next step, with codes that the API knows', () => {
    for (const { code, next, message } of factFindings(everything, 'v1.36.3', true)) {
      expect(findingCodes).toContain(code);
      expect(next.length).toBeGreaterThan(5);
      expect(message).not.toMatch(/undefined|null|NaN/);
    }
  });
});

it('a cluster that is not as it should be says why, and who must act', () => {
  const ready = { type: 'Ready', status: 'True', message: 'fine' } as const;
  expect(stateFindings([ready])).toEqual([]);
  const [blocked] = stateFindings([{ ...ready, status: 'False', message: 'no room', actor: 'provider' }]);
  expect(blocked).toMatchObject({ severity: 'blocks', actor: 'provider', code: 'cluster_not_ready' });
  expect(blocked?.message).toContain('no room');
  expect(stateFindings([])[0]?.severity).toBe('blocks');
});

it('the control plane comes first, then the pools that are older', () => {
  const pool = (name: string, kubernetesVersion: string) => ({
    ...{ name, flavor: 'm1.small', count: 3, labels: {}, taints: [], ...defaultPoolSettings },
    kubernetesVersion,
  });
  const cluster = {
    name: 'demo',
    kubernetesVersion: 'v1.35.4',
    pools: [pool('old', 'v1.34.1'), pool('new', 'v1.36.3'), pool('same', 'v1.35.4')],
  };
  const named = (to: string, withPools: boolean) =>
    upgradeSteps(cluster, to, withPools).map(({ kind, name, from, workers }) => `${kind} ${name} ${from} ${workers}`);
  expect(named('v1.36.3', true)).toEqual(['control-plane demo v1.35.4 0', 'pool old v1.34.1 3', 'pool same v1.35.4 3']);
  expect(named('v1.36.3', false)).toEqual(['control-plane demo v1.35.4 0']);
  expect(named('v1.35.4', true)).toEqual(['pool old v1.34.1 3']);
});
