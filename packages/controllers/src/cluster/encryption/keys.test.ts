import { type Cluster, encryptionStep, type ObservedEncryption } from '@matryoshka/domain';
import { describe, expect, it } from 'vitest';
import { encryptionSecret, fileOf } from '../manifests/encryption.ts';
import { afterStep, newestOf, type StoredEncryption } from './keys.ts';

const cluster = { id: 'c-1', name: 'demo', projectId: 'p' } as Cluster;
const day = (number: number): Date => new Date(Date.UTC(2026, 0, number));

/** What replicas see once they run with what is stored. */
const seen = ({ generation, keys, order, stale }: StoredEncryption): ObservedEncryption => ({
  ...{ generation, order, stale, rolledOut: true },
  newest: { name: keys.at(-1)?.name ?? '', madeAt: new Date(keys.at(-1)?.madeAt ?? 0) },
  retired: keys.map(({ name }) => name).filter((name) => !order.includes(name)),
});

/** Every generation until nothing is left to do, with the steps between them. */
function run(
  first: StoredEncryption | undefined,
  wish: { readonly encryptionBefore: Date | null; readonly restore?: object },
) {
  const desired = { restore: null, ...wish } as Pick<Cluster, 'encryptionBefore' | 'restore'>;
  const steps: string[] = [];
  const generations: StoredEncryption[] = first === undefined ? [] : [first];
  let stored = first;
  for (let turn = 0; turn < 20; turn += 1) {
    const step = encryptionStep(desired, stored === undefined ? null : seen(stored), true);
    if (step === undefined || (stored === undefined && step === 'begin')) return { steps, generations, stored };
    steps.push(step);
    stored = afterStep(stored, step, wish.encryptionBefore ?? day(1));
    if (stored.generation !== generations.at(-1)?.generation) generations.push(stored);
  }
  throw new Error(`it never ends: ${steps.join(' ')}`);
}

/** While pods are replaced, replicas of two generations run beside each other: what one writes, the other must read. */
function expectReadable(generations: readonly StoredEncryption[]): void {
  for (const [at, next] of generations.entries()) {
    const before = generations[at - 1];
    if (before === undefined) continue;
    expect(next.order, `generation ${next.generation} reads what the one before writes`).toContain(before.order[0]);
    expect(before.order, `what generation ${next.generation} writes is read by the one before`).toContain(
      next.order[0],
    );
    expect(next.generation).toBe(before.generation + 1);
    expect(next.before).toEqual(before.order);
  }
}

describe('keys for Secrets', () => {
  const begun = afterStep(undefined, 'begin', day(1));

  it('write from the beginning in a new cluster', () => {
    expect(begun).toMatchObject({ generation: 1, order: ['k1', 'identity'], stale: false });
    expect(run(begun, { encryptionBefore: null }).steps).toEqual([]);
  });

  it('come to a cluster that has stored without them', () => {
    const { steps, generations, stored } = run(undefined, { encryptionBefore: day(2) });
    expect(steps).toEqual(['introduce', 'serve', 'rewrite']);
    expectReadable(generations);
    expect(stored).toMatchObject({ order: ['k1', 'identity'], stale: false });
  });

  it('are exchanged, again and again, and none is forgotten', () => {
    let stored = begun;
    for (const time of [2, 3]) {
      const turn = run(stored, { encryptionBefore: day(time) });
      expect(turn.steps).toEqual(['add', 'serve', 'rewrite', 'retire']);
      expectReadable(turn.generations);
      stored = turn.stored ?? begun;
    }
    expect(stored.order).toEqual(['k3', 'identity']);
    expect(stored.keys.map(({ name }) => name)).toEqual(['k1', 'k2', 'k3']);
    expect(new Set(stored.keys.map(({ secret }) => secret)).size).toBe(3);
    expect(Buffer.from(newestOf(stored).secret, 'base64')).toHaveLength(32);
  });

  it('of before are there when a backup is restored, and go when what it brought is stored again', () => {
    const rotated = run(begun, { encryptionBefore: day(2) }).stored;
    const restoring = run(rotated, { encryptionBefore: day(2), restore: { backupId: 'b' } });
    expect(restoring.steps).toEqual(['recall']);
    expect(restoring.stored).toMatchObject({ order: ['k2', 'k1', 'identity'], stale: true });
    const after = run(restoring.stored, { encryptionBefore: day(2) });
    expect(after.steps).toEqual(['rewrite', 'retire']);
    expect(after.stored?.order).toEqual(['k2', 'identity']);
  });

  it('that are being exchanged when a backup is restored are exchanged afterwards', () => {
    for (const between of run(begun, { encryptionBefore: day(2) }).generations) {
      const restoring = run(between, { encryptionBefore: day(2), restore: { backupId: 'b' } });
      const after = run(restoring.stored, { encryptionBefore: day(2) });
      expect(after.stored).toMatchObject({ order: ['k2', 'identity'], stale: false });
      expectReadable(after.generations);
    }
  });

  it('are given to replicas in the order in which they read, with what replicas of before were started with', () => {
    const added = afterStep(begun, 'add', day(2));
    const { data } = encryptionSecret(cluster, added) as unknown as { readonly data: Readonly<Record<string, string>> };
    const [k1, k2] = added.keys.map(({ name, secret }) => ({ name, secret }));
    const providers = (generation: number): unknown =>
      JSON.parse(Buffer.from(data[fileOf(generation)] ?? '', 'base64').toString('utf8')).resources[0].providers;
    expect(Object.keys(data)).toHaveLength(2);
    expect(providers(1)).toEqual([{ secretbox: { keys: [k1] } }, { identity: {} }]);
    expect(providers(2)).toEqual([{ secretbox: { keys: [k1, k2] } }, { identity: {} }]);
    const served = encryptionSecret(cluster, afterStep(added, 'serve', day(2))) as unknown as typeof data;
    expect(JSON.stringify(served)).not.toContain(fileOf(1));
  });
});
