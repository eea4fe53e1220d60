import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultPoolSettings } from '../cluster/model.ts';
import {
  defaultLimits,
  validateClusterChange,
  validateNewCluster,
  validateNewPool,
  validatePoolChange,
} from '../cluster/policy.ts';
import { compareVersions, isOlder, newestOf, parseVersion } from './version.ts';

const offered = ['v1.38.0', 'v1.37.1', 'v1.36.5', 'v1.36.3', 'v1.35.9', 'v1.33.1', 'v1.32.2'];
const catalogue = {
  versions: [
    ...offered.map((version) => ({
      version,
      state: 'offered' as const,
      hasImage: true,
      isDefault: version === 'v1.36.3',
    })),
    { version: 'v1.36.9', state: 'withdrawn' as const, hasImage: true },
    { version: 'v1.36.10', state: 'offered' as const, hasImage: false },
  ],
  flavors: ['m1.small'],
};
const pool = (kubernetesVersion: string) => ({
  ...{ name: 'w', flavor: 'm1.small', count: 2, labels: {}, taints: [] },
  ...{ kubernetesVersion, ...defaultPoolSettings },
});
const cluster = (kubernetesVersion: string, running: string | null = kubernetesVersion, pools = [pool('v1.35.9')]) => ({
  kubernetesVersion,
  pools,
  status: { kubernetesVersion: running },
});
const found = (wanted: string, of = cluster('v1.35.9')) =>
  validateClusterChange({ kubernetesVersion: wanted }, of, catalogue).map(({ pointer, code, suggestion }) =>
    [pointer, code, suggestion].filter((word) => word !== undefined).join(' '),
  );

describe('versions', () => {
  it('are read strictly', () => {
    expect(parseVersion('v1.36.3')).toEqual({ minor: 36, patch: 3 });
    for (const text of ['1.36.3', 'v1.36', 'v2.0.0', 'v1.36.3-rc.1', 'v1.036.3', 'v1.36.3 ', '', 'v1.999999.0'])
      expect(parseVersion(text)).toBeUndefined();
  });

  it('are ordered as numbers, and what cannot be read is older than nothing', () => {
    const version = fc.record({ minor: fc.nat(200), patch: fc.nat(200) });
    const text = (v: { minor: number; patch: number }): string => `v1.${v.minor}.${v.patch}`;
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        expect(isOlder(text(a), text(b))).toBe(a.minor * 1000 + a.patch < b.minor * 1000 + b.patch);
      }),
    );
    expect(isOlder('rubbish', 'v1.36.3')).toBe(false);
    expect(newestOf(36, ['v1.36.3', 'v1.36.10', 'v1.37.0'])).toBe('v1.36.10');
    expect(newestOf(30, ['v1.36.3'])).toBeUndefined();
  });
});

describe('another version of a control plane', () => {
  it.each(['v1.35.9', 'v1.36.3', 'v1.36.5'])('may be %s', (wanted) => expect(found(wanted)).toEqual([]));

  it.each([
    ['v1.33.1', '/kubernetesVersion version_downgrade v1.35.9'],
    ['v1.37.1', '/kubernetesVersion version_skips_minor v1.36.5'],
    ['v1.36.4', '/kubernetesVersion unknown_version v1.36.5'],
    ['1.36.5', '/kubernetesVersion unknown_version v1.36.5'],
    ['v1.36.9', '/kubernetesVersion version_withdrawn v1.38.0'],
    ['v1.36.10', '/kubernetesVersion version_without_image v1.38.0'],
  ])('is not %s', (wanted, expected) => expect(found(wanted)).toContain(expected));

  it('is one minor above what runs, not above what it is on its way to', () => {
    const underWay = cluster('v1.36.5', 'v1.35.9');
    expect(found('v1.37.1', underWay)).toEqual(['/kubernetesVersion version_skips_minor v1.36.5']);
    expect(found('v1.37.1', cluster('v1.36.5'))).toEqual([]);
    expect(found('v1.37.1', cluster('v1.36.5', null))).toEqual([]);
    const [violation] = validateClusterChange({ kubernetesVersion: 'v1.37.1' }, underWay, catalogue);
    expect(violation?.message).toContain('on its way from v1.35.9 to v1.36.5');
  });

  it('leaves no pool more than three minors behind', () => {
    const of = cluster('v1.35.9', 'v1.35.9', [pool('v1.32.2'), pool('v1.33.1')]);
    expect(found('v1.36.3', of)).toEqual(['/kubernetesVersion pool_too_old']);
  });

  it('is not asked about when a change names none, or the one there is', () => {
    expect(validateClusterChange({ tier: 'ha' }, cluster('v1.35.9'), undefined)).toEqual([]);
    // One that was withdrawn since stays what it is.
    expect(found('v1.36.9', cluster('v1.36.9'))).toEqual([]);
  });
});

describe('the version of a pool', () => {
  const rules = { catalogue, limits: defaultLimits, controlPlane: 'v1.36.3' };
  const codes = (wanted: unknown): readonly string[] =>
    validatePoolChange({ kubernetesVersion: wanted }, pool('v1.35.9'), [], rules).map(({ code }) => code);

  it('is that of the control plane or up to three minors older, and may go back', () => {
    expect(codes('v1.36.3')).toEqual([]);
    expect(codes('v1.33.1')).toEqual([]);
    expect(codes('v1.36.5')).toEqual(['pool_newer_than_control_plane']);
    expect(codes('v1.32.2')).toEqual(['pool_too_old']);
    expect(codes('v1.36.9')).toContain('version_withdrawn');
  });

  it('is held against the control plane also when pool or cluster are new', () => {
    const spec = { name: 'w', flavor: 'm1.small', count: 1, kubernetesVersion: 'v1.37.1' };
    expect(validateNewPool(spec, [], rules).map(({ code }) => code)).toEqual(['pool_newer_than_control_plane']);
    const body = (change: object) => ({ name: 'demo', pools: [spec], ...change });
    const ofNew = (change: object) =>
      validateNewCluster(body(change), catalogue, defaultLimits).map(({ pointer, code }) => `${pointer} ${code}`);
    expect(ofNew({ kubernetesVersion: 'v1.37.1' })).toEqual([]);
    expect(ofNew({})).toEqual(['/pools/0/kubernetesVersion pool_newer_than_control_plane']);
  });
});

describe('how workers are replaced', () => {
  const rules = { catalogue, limits: defaultLimits, controlPlane: 'v1.36.3' };
  const codes = (rollout: object): readonly string[] =>
    validatePoolChange({ rollout }, pool('v1.35.9'), [], rules).map(({ pointer, code }) => `${pointer} ${code}`);

  it('must let one be replaced, whatever of it is changed', () => {
    expect(codes({ maxSurge: 0 })).toEqual(['/rollout rollout_cannot_move']);
    expect(codes({ maxSurge: 0, maxUnavailable: 1 })).toEqual([]);
    expect(codes({ drainTimeoutSeconds: 0 })).toEqual([]);
  });

  it('has limits', () => {
    expect(codes({ maxSurge: 21 })).toEqual(['/rollout/maxSurge out_of_range']);
    expect(codes({ maxSurge: 1.5, maxUnavailable: -1 })).toEqual([
      '/rollout/maxSurge out_of_range',
      '/rollout/maxUnavailable out_of_range',
    ]);
    expect(codes({ drainTimeoutSeconds: 86_401 })).toEqual(['/rollout/drainTimeoutSeconds out_of_range']);
  });
});
