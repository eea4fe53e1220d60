import { describe, expect, it } from 'vitest';
import type { Cluster } from '../cluster/model.ts';
import type { ObservedCluster, ObservedControlPlane } from '../cluster/observed.ts';
import { planCluster } from '../cluster/plan.ts';
import { present, seen } from '../shared/looked.ts';
import { complete, desired, machine, now } from '../testing/cluster.ts';
import type { ObservedCertificate, ObservedRotation, Rotation } from './model.ts';
import { certificateCause, certificateStatuses, renewsAt, secretsToRenew } from './renewal.ts';

const dayMs = 86_400_000;
const days = (count: number): Date => new Date(now.getTime() + count * dayMs);
/** One that was made so many days ago, for so long. */
const certificate = (made: number, life: number, more: Partial<ObservedCertificate> = {}): ObservedCertificate => ({
  ...{ name: 'api-server-certificate/apiserver.crt', secret: 'c-api', authority: false },
  ...{ madeAt: days(-made), notAfter: days(life - made) },
  ...more,
});
const plane = seen(complete.controlPlane);
if (plane === undefined) throw new Error('the fixture has a control plane');
const world = (more: Partial<ObservedControlPlane>): ObservedCluster => ({
  ...complete,
  controlPlane: present({ ...plane, ...more }),
});
const calm = { renewBefore: null, rotation: null };
const due = (
  certificates: readonly ObservedCertificate[],
  at = now,
  cluster: Parameters<typeof secretsToRenew>[0] = calm,
) => secretsToRenew(cluster, { ...plane, certificates }, at);

describe('a certificate', () => {
  it('of a year is renewed sixty days before its end, a shorter one when a third of its life is left', () => {
    expect(renewsAt(certificate(0, 365))).toEqual(days(305));
    expect(renewsAt(certificate(0, 3650))).toEqual(days(3590));
    expect(renewsAt(certificate(0, 9))).toEqual(days(6));
    expect(due([certificate(304, 365)])).toEqual([]);
    expect(due([certificate(305, 365)])).toEqual(['c-api']);
  });

  it('that nobody looked at for thirteen months is renewed at once, and blamed until it is', () => {
    const old = [certificate(0, 365)];
    expect(due(old, days(396))).toEqual(['c-api']);
    expect(certificateCause(old, days(334))).toBeUndefined();
    expect(certificateCause(old, days(336))?.reason).toBe('CertificateExpiring');
    expect(certificateCause(old, days(396))?.reason).toBe('CertificateExpiring');
    const actions = planCluster(desired(), world({ certificates: old }), days(396)).actions;
    expect(actions).toContainEqual({ type: 'renewCertificates', secrets: ['c-api'] });
  });

  it('takes those along that would follow soon, so that the control plane is replaced once', () => {
    const others = [certificate(300, 365, { secret: 'c-admin' }), certificate(300, 3650, { secret: 'c-long' })];
    expect(due([certificate(305, 365), ...others])).toEqual(['c-admin', 'c-api']);
    expect(due(others)).toEqual([]);
  });

  it('is renewed when somebody asks for it, once', () => {
    const at = new Date(now.getTime() + 700);
    const asked = { renewBefore: at, rotation: null };
    expect(due([certificate(1, 365), certificate(2, 365, { secret: 'c-admin' })], now, asked)).toEqual([
      'c-admin',
      'c-api',
    ]);
    // Kubernetes names the second in which it was made.
    expect(due([certificate(0, 365)], days(1), asked)).toEqual([]);
  });

  it('of an authority, or of nobody who would make it anew, stays', () => {
    expect(due([certificate(400, 365, { authority: true }), certificate(400, 365, { secret: null })])).toEqual([]);
    expect(certificateStatuses([certificate(0, 365, { authority: true })])).toMatchObject([{ renewsAt: null }]);
  });

  it('is left to a rotation that is under way', () => {
    const rotating = (phase: Rotation['phase']) => ({ renewBefore: null, rotation: { phase, since: now } });
    expect(due([certificate(400, 365)], now, rotating('preparing'))).toEqual([]);
    expect(due([certificate(400, 365)], now, rotating('prepared'))).toEqual(['c-api']);
  });
});

describe('a rotation', () => {
  const rotating = (phase: Rotation['phase'], more: Partial<Cluster> = {}): Cluster =>
    desired({ rotation: { phase, since: now }, status: { ...desired().status, phase: 'ready' }, ...more });
  const settled: ObservedRotation = {
    ...{ stage: 'trust', applied: true, published: true, rolledOut: true },
    ...{ authority: 'new', serving: 'old' },
  };
  const at = (more: Partial<ObservedRotation>): ObservedCluster => world({ rotation: { ...settled, ...more } });
  const actions = (cluster: Cluster, observed: ObservedCluster) => planCluster(cluster, observed, now).actions;

  it('goes step by step, each when nothing is behind', () => {
    const preparing = rotating('preparing');
    const fresh = { stage: null, applied: false, published: false, rolledOut: false, authority: null } as const;
    expect(actions(preparing, at(fresh))).toEqual([{ type: 'rotate', stage: 'trust' }]);
    expect(actions(preparing, at({ applied: false }))).toEqual([{ type: 'rotate', stage: 'trust' }]);
    expect(actions(preparing, at({ published: false }))).toEqual([{ type: 'publishAuthority' }]);
    expect(actions(preparing, at({ rolledOut: false }))).toEqual([]);
    expect(actions(preparing, at({}))).toEqual([{ type: 'rotate', stage: 'sign' }]);
    expect(actions(preparing, at({ stage: 'sign' }))).toEqual([{ type: 'renewWorkers', authority: 'new' }]);
    const renewed = rotating('preparing', { authority: 'new' });
    const half = { ...at({ stage: 'sign' }), machines: [machine('a'), machine('b', false)] };
    expect(actions(renewed, half)).toEqual([]);
    expect(actions(renewed, at({ stage: 'sign' }))).toEqual([{ type: 'endRotation', phase: 'prepared' }]);
  });

  it('waits between its steps as long as its owner wants, and keeps what it has reached', () => {
    const prepared = rotating('prepared', { authority: 'new' });
    expect(planCluster(prepared, at({ stage: 'sign' }), now)).toMatchObject({ actions: [], converged: true });
    expect(actions(prepared, at({ stage: 'sign', published: false }))).toEqual([{ type: 'publishAuthority' }]);
    expect(actions(prepared, at({ stage: 'sign', applied: false }))).toEqual([{ type: 'rotate', stage: 'sign' }]);
  });

  it('is completed when nothing is left that the old authority signed', () => {
    const completing = rotating('completing', { authority: 'new' });
    const busy = {
      ...at({ stage: 'serve' }),
      applied: { ...complete.applied, 'cloud-controller': 'outdated' as const },
    };
    expect(actions(completing, at({ stage: 'sign' }))).toEqual([{ type: 'rotate', stage: 'serve' }]);
    expect(actions(completing, busy).map(({ type }) => type)).toEqual(['applyManifests']);
    expect(actions(completing, at({ stage: 'serve' }))).toEqual([{ type: 'rotate', stage: 'end' }]);
    expect(actions(completing, at({ stage: 'end' }))).toEqual([{ type: 'endRotation', phase: null }]);
  });

  it('whose keys are gone ends only where the new authority serves', () => {
    const completing = rotating('completing', { authority: 'new' });
    const gone = { stage: null, applied: false, published: false, rolledOut: false, authority: null } as const;
    expect(actions(completing, at({ ...gone, serving: 'new' }))).toEqual([{ type: 'endRotation', phase: null }]);
    expect(actions(completing, at(gone))).toEqual([]);
  });

  it('does nothing where it could not be looked at, and says what it does', () => {
    expect(actions(rotating('preparing'), complete)).toEqual([]);
    const plan = planCluster(rotating('preparing'), at({ rolledOut: false }), now);
    expect(plan).toMatchObject({ converged: false });
    expect(plan.progress.find(({ name }) => name === 'control-plane')?.message).toContain('trusted beside the old one');
  });
});
