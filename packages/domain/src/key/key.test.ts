import { describe, expect, it } from 'vitest';
import { planCluster } from '../cluster/plan.ts';
import { absent, present, unknown } from '../shared/looked.ts';
import { complete, credential, desired, encryption, ledger, nothing, now } from '../testing/cluster.ts';
import { encryptionStep, encryptionWords } from './encryption.ts';

const later = new Date(now.getTime() + 60_000);
const kinds = (observed: typeof complete, wish = desired()): readonly string[] =>
  planCluster(wish, observed, now).actions.map((action) =>
    action.type === 'stepEncryption' ? `${action.type} ${action.step} of ${action.generation}` : action.type,
  );
const wish = (change: object = {}) => ({ encryptionBefore: null, restore: null, ...change });
const asked = wish({ encryptionBefore: later });
const restoring = wish({ restore: { backupId: 'b', allowed: false, error: null } });

describe('the keys that Secrets are stored with', () => {
  it('a new cluster has one before it stores anything', () => {
    const usable = { ...nothing.applied, namespace: 'current', credentials: 'current' } as const;
    const observed = { ...nothing, ledger, credential: complete.credential, applied: usable };
    const actions = kinds(observed);
    expect(actions).toContain('stepEncryption begin of 0');
    expect(actions.indexOf('stepEncryption begin of 0')).toBeLessThan(actions.indexOf('applyManifests'));
    expect(kinds({ ...observed, controlPlane: unknown('no answer') })).not.toContain('stepEncryption begin of 0');
  });

  it('a cluster that has stored without gets one on request only, to be read before one writes with it', () => {
    const observed = { ...complete, encryption: null };
    expect(kinds(observed)).toEqual([]);
    expect(kinds(observed, desired({ encryptionBefore: later }))).toEqual(['stepEncryption introduce of 0']);
  });

  const twoKeys = { ...encryption, generation: 2, newest: { name: 'k2', madeAt: later } };
  it.each([
    ['nobody asked', wish(), encryption, undefined],
    ['it is older than asked for', asked, encryption, 'add'],
    [
      'somebody does not read it yet',
      asked,
      { ...twoKeys, order: ['k1', 'k2', 'identity'], rolledOut: false },
      undefined,
    ],
    ['everybody reads it', asked, { ...twoKeys, order: ['k1', 'k2', 'identity'] }, 'serve'],
    ['everybody writes it', asked, { ...twoKeys, order: ['k2', 'k1', 'identity'], stale: true }, 'rewrite'],
    ['everything is stored with it', asked, { ...twoKeys, order: ['k2', 'k1', 'identity'] }, 'retire'],
    ['the old one is gone', asked, { ...twoKeys, order: ['k2', 'identity'], retired: ['k1'] }, undefined],
    ['a backup shall be restored', restoring, { ...twoKeys, order: ['k2', 'identity'], retired: ['k1'] }, 'recall'],
    ['a backup of before any keys shall be restored', restoring, encryption, 'recall'],
    ['the keys for it are there', restoring, { ...twoKeys, order: ['k2', 'k1', 'identity'], stale: true }, undefined],
    ['a backup was restored', wish(), { ...twoKeys, order: ['k2', 'k1', 'identity'], stale: true }, 'rewrite'],
  ] as const)('when %s', (_, desires, found, step) => {
    expect(encryptionStep(desires, found, true)).toBe(step);
  });

  it('the operation goes on until nothing is left to do', () => {
    const rolling = { ...complete, encryption: { ...encryption, rolledOut: false } };
    expect(planCluster(desired(), complete, now).converged).toBe(true);
    expect(planCluster(desired(), rolling, now).converged).toBe(false);
    expect(encryptionWords(asked, encryption)).toBe('a new key for Secrets is made');
    expect(planCluster(desired({ encryptionBefore: later }), complete, now).keys).toContainEqual({
      ...{ key: 'encryption', madeAt: now.toISOString(), state: 'rotating' },
    });
  });
});

describe('the OpenStack credential', () => {
  const before = desired({ credentialBefore: later });
  const renewed = { ...credential, madeAt: later, superseded: 1 };
  const withCredential = (change: object) => ({ ...complete, credential: present({ ...credential, ...change }) });

  it('is made anew on request, and the one from before goes when nobody has it any more', () => {
    expect(kinds(complete, before)).toEqual(['renewApplicationCredential']);
    expect(kinds(withCredential({ madeAt: null }), before)).toEqual(['renewApplicationCredential']);
    expect(kinds(withCredential({ madeAt: null }))).toEqual([]);
    expect(kinds(withCredential({ ...renewed, handedOver: false }), before)).toEqual([]);
    expect(kinds(withCredential(renewed), before)).toEqual(['deleteSupersededCredentials']);
    expect(kinds(withCredential({ ...renewed, superseded: 0 }), before)).toEqual([]);
  });

  it.each(['credentials', 'cloud-controller', 'volume-controller'] as const)(
    'stays while %s has the old one',
    (group) => {
      const observed = { ...withCredential(renewed), applied: { ...complete.applied, [group]: 'outdated' as const } };
      expect(kinds(observed, before)).not.toContain('deleteSupersededCredentials');
    },
  );

  it('is rotating until the old one is gone, and nothing is said of what could not be seen', () => {
    const plan = planCluster(before, withCredential(renewed), now);
    expect(plan.converged).toBe(false);
    expect(plan.conditions).toContainEqual(
      expect.objectContaining({ type: 'CredentialsReady', message: 'exchanging the application credential' }),
    );
    expect(plan.keys[0]).toEqual({ key: 'openstack-credential', madeAt: later.toISOString(), state: 'rotating' });
    for (const looked of [absent, unknown('no answer')])
      expect(planCluster(before, { ...complete, credential: looked }, now).keys.map(({ key }) => key)).toEqual([
        'encryption',
      ]);
    expect(kinds({ ...complete, credential: absent }, before)[0]).toBe('ensureApplicationCredential');
  });
});
