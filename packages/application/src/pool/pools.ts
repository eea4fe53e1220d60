import type { PoolPatch, PoolSpec } from '@matryoshka/contract';
import {
  type Cluster,
  defaultAutoscaling,
  defaultRollout,
  type Limits,
  type Operation,
  type OperationUndo,
  type Pool,
  type Violation,
  validateNewPool,
  validatePoolChange,
  withinBounds,
} from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
import { quotaViolations, readCatalogue, withPools } from '../cluster/limits.ts';
import { clusterForChange, type IfMatch, recordChange } from '../cluster/record-change.ts';
import { KaasError, mergeViolations, notFound, refuseViolations } from '../errors.ts';
import type { WriteTransaction } from '../store.ts';

export interface PoolChange {
  readonly clusterId: string;
  readonly ifMatch: IfMatch;
  readonly limits: Limits;
}

/** A pool as stored, from one as sent; its version, where it has none of its own, is that of its control plane. */
export function poolOf(spec: PoolSpec, controlPlane: string): Pool {
  return {
    name: spec.name,
    flavor: spec.flavor,
    count: spec.count,
    kubernetesVersion: spec.kubernetesVersion ?? controlPlane,
    rollout: { ...defaultRollout, ...spec.rollout },
    autoRepair: spec.autoRepair ?? true,
    autoscaling: spec.autoscaling == null ? null : { ...defaultAutoscaling, ...spec.autoscaling },
    labels: spec.labels ?? {},
    taints: (spec.taints ?? []).map((taint) => ({ key: taint.key, value: taint.value ?? '', effect: taint.effect })),
  };
}

/** A pool after a change: what is absent stays, single members of a setting as well. */
function changedPool(before: Pool, body: PoolPatch, controlPlane: string): Pool {
  const { autoscaling = before.autoscaling } = body;
  const after = poolOf(
    {
      ...before,
      taints: [...before.taints],
      ...body,
      rollout: { ...before.rollout, ...body.rollout },
      autoscaling: autoscaling === null ? null : { ...before.autoscaling, ...autoscaling },
    },
    controlPlane,
  );
  return { ...after, count: withinBounds(after.count, after.autoscaling) };
}

export async function createPool(
  tx: WriteTransaction,
  caller: Caller,
  input: PoolChange & { readonly body: PoolSpec; readonly shape: readonly Violation[] },
): Promise<Operation> {
  await tx.lockProject(caller.projectId);
  const cluster = await clusterForChange(tx, input.clusterId, input.ifMatch);
  const { catalogue } = await readCatalogue(tx);
  const { kubernetesVersion: controlPlane } = cluster;
  const rules = validateNewPool(input.body, cluster.pools, { catalogue, limits: input.limits, controlPlane });
  refuseViolations(mergeViolations(input.shape, rules));
  const pool = poolOf(input.body, controlPlane);
  if (cluster.pools.some((existing) => existing.name === pool.name))
    throw new KaasError('name_taken', `The cluster ${cluster.name} has a pool named ${pool.name}.`, {
      next: 'Choose another name, or scale that pool.',
      violations: [{ pointer: '/name', code: 'name_taken', message: 'is in use' }],
    });
  await refuseOverQuota(tx, caller, cluster, [...cluster.pools, pool]);
  await tx.insertPool(cluster, pool);
  return await record(tx, caller, cluster, {
    kind: 'pool.create',
    after: pool,
    undo: { kind: 'remove-pool', name: pool.name },
  });
}

export async function updatePool(
  tx: WriteTransaction,
  caller: Caller,
  input: PoolChange & { readonly poolName: string; readonly body: PoolPatch; readonly shape: readonly Violation[] },
): Promise<Operation> {
  await tx.lockProject(caller.projectId);
  const cluster = await clusterForChange(tx, input.clusterId, input.ifMatch);
  const before = poolNamed(cluster, input.poolName);
  const others = cluster.pools.filter((pool) => pool !== before);
  // Mere scaling asks for nothing of it.
  const asksForMore =
    (input.body?.flavor ?? before.flavor) !== before.flavor ||
    (input.body?.kubernetesVersion ?? before.kubernetesVersion) !== before.kubernetesVersion;
  const catalogue = asksForMore ? (await readCatalogue(tx)).catalogue : undefined;
  const { kubernetesVersion: controlPlane } = cluster;
  const rules = validatePoolChange(input.body, before, others, { catalogue, limits: input.limits, controlPlane });
  refuseViolations(mergeViolations(input.shape, rules));
  const after = changedPool(before, input.body, controlPlane);
  await refuseOverQuota(tx, caller, cluster, [...others, after]);
  await tx.updatePool(cluster.id, after);
  return await record(tx, caller, cluster, {
    kind: after.kubernetesVersion === before.kubernetesVersion ? 'pool.update' : 'pool.upgrade',
    ...{ before, after },
    undo: { kind: 'restore-pool', pool: before },
  });
}

export async function deletePool(
  tx: WriteTransaction,
  caller: Caller,
  input: { readonly clusterId: string; readonly poolName: string; readonly ifMatch: IfMatch },
): Promise<Operation> {
  const cluster = await clusterForChange(tx, input.clusterId, input.ifMatch);
  const before = poolNamed(cluster, input.poolName);
  await tx.deletePool(cluster.id, before.name);
  return await record(tx, caller, cluster, { kind: 'pool.delete', before });
}

async function refuseOverQuota(
  tx: WriteTransaction,
  caller: Caller,
  cluster: Cluster,
  pools: readonly Pool[],
): Promise<void> {
  const before = await tx.listAllClusters();
  const after = withPools(before, cluster.id, pools);
  refuseViolations(await quotaViolations(tx, caller.projectId, '/count', { before, after }));
}

function poolNamed(cluster: Cluster, name: string): Pool {
  const pool = cluster.pools.find((candidate) => candidate.name === name);
  if (pool === undefined) throw notFound('pool', name);
  return pool;
}

async function record(
  tx: WriteTransaction,
  caller: Caller,
  cluster: Cluster,
  change: {
    readonly kind: 'pool.create' | 'pool.update' | 'pool.upgrade' | 'pool.delete';
    readonly before?: Pool;
    readonly after?: Pool;
    readonly undo?: OperationUndo;
  },
): Promise<Operation> {
  const generation = await tx.bumpCluster(cluster.id);
  return await recordChange(tx, caller, {
    ...change,
    clusterId: cluster.id,
    generation,
    message: 'accepted',
    event: 'cluster.updated',
  });
}
