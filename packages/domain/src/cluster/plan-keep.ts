import { planAutoscaling } from '../autoscaling/plan.ts';
import { secretsToRenew } from '../certificate/renewal.ts';
import { type RotationContext, rotationActions } from '../certificate/rotation.ts';
import { isQuiet, restsControlPlane } from '../hibernation/rest.ts';
import { credentialActions } from '../key/credential.ts';
import { encryptionStep } from '../key/encryption.ts';
import type { RepairPlan } from '../repair/plan.ts';
import { seen } from '../shared/looked.ts';
import type { ClusterAction } from './actions.ts';
import { type LedgerKey, ledgerName } from './ledger.ts';
import type { Cluster } from './model.ts';
import type { Applied, ObservedCluster, ObservedControlPlane } from './observed.ts';
import { recyclingActions } from './recycling.ts';
import { spreadingActions } from './spreading.ts';
import { versionBefore, waitsForBackup, waitsForControlPlane } from './upgrading.ts';

const needsApply = (applied: Applied): boolean => applied === 'absent' || applied === 'outdated';

/** What brings a cluster that shall exist closer to what is desired. Nothing is done on the strength of "could not look". */
export function actionsToKeep(
  desired: Cluster,
  observed: ObservedCluster,
  { repair, workers, addons }: { readonly repair: RepairPlan['repair'] } & RotationContext,
  now: Date,
): readonly ClusterAction[] {
  const actions: ClusterAction[] = [];
  for (const entry of wantedLedger(desired))
    if (!inLedger(observed, entry)) actions.push({ type: 'ensureLedger', entry });
  actions.push(...credentialAndManifests(desired, observed));
  if (!isQuiet(desired)) actions.push(...scalingActions(desired, observed, now));
  actions.push(...poolActions(desired, observed, repair));
  const plane = seen(observed.controlPlane);
  // Only when the rules themselves are there: a pod that was told once is not told again.
  if (observed.applied.cluster === 'current')
    for (const { name, told } of plane?.pods ?? []) if (!told) actions.push({ type: 'refreshPod', pod: name });
  if (plane !== undefined && !restsControlPlane(desired, observed))
    actions.push(...keyActions(desired, plane, { workers, addons }, now), ...spreadingActions(desired, plane, now));
  if (desired.restore?.allowed === false && hasStopped(observed)) actions.push({ type: 'allowRestore' });
  actions.push(
    ...(restsControlPlane(desired, observed) ? companionActions(observed) : tenantActions(desired, observed)),
  );
  return actions;
}

function keyActions(
  desired: Cluster,
  plane: ObservedControlPlane,
  done: RotationContext,
  now: Date,
): readonly ClusterAction[] {
  const secrets = secretsToRenew(desired, plane, now);
  return [
    ...(secrets.length === 0 ? [] : [{ type: 'renewCertificates', secrets } as const]),
    ...rotationActions(desired, plane, done),
  ];
}

/** Before the control plane is applied, so that a new one has its key from the beginning. */
function encryptionActions(desired: Cluster, observed: ObservedCluster): readonly ClusterAction[] {
  const { encryption, controlPlane, applied } = observed;
  // Whether there is a control plane must be known: what has stored something needs a key that reads first.
  if (controlPlane.state === 'unknown' || applied.cluster === 'unknown' || applied.cluster === 'deleting') return [];
  const made = controlPlane.state === 'present' || applied.cluster !== 'absent';
  const step = encryptionStep(desired, encryption, made);
  // What rests cannot be told to write; what it shall read when it starts again is decided before.
  if (step === undefined || (step !== 'begin' && step !== 'recall' && restsControlPlane(desired, observed))) return [];
  // No replica at all has nothing to be rolled out; what is stored again is read through its API, once that is there.
  if (step === 'rewrite' && seen(observed.tenant) === undefined) return [];
  return [{ type: 'stepEncryption', step, generation: encryption?.generation ?? 0 }];
}

function wantedLedger(desired: Cluster): readonly LedgerKey[] {
  const single = ['application-credential', 'namespace', 'cluster', 'load-balancers', 'volumes'] as const;
  return [
    ...single.map((kind) => ({ kind, name: ledgerName(kind, desired.id) })),
    ...desired.pools.map((pool) => ({ kind: 'pool' as const, name: ledgerName('pool', desired.id, pool.name) })),
  ];
}

function inLedger(observed: ObservedCluster, key: LedgerKey): boolean {
  return observed.ledger.some((entry) => entry.kind === key.kind && entry.name === key.name);
}

/** True when the credential is there, or will be once the actions before have run. */
function credentialUsable(observed: ObservedCluster): boolean {
  return observed.credential.state !== 'unknown' || observed.applied.credentials === 'current';
}

function credentialAndManifests(desired: Cluster, observed: ObservedCluster): readonly ClusterAction[] {
  const actions: ClusterAction[] = [...credentialActions(desired, observed)];
  if (needsApply(observed.applied.namespace)) actions.push({ type: 'applyManifests', group: 'namespace' });
  const namespaceUsable = observed.applied.namespace !== 'unknown' && observed.applied.namespace !== 'deleting';
  if (!namespaceUsable || !credentialUsable(observed)) return actions;
  actions.push(...encryptionActions(desired, observed));
  for (const group of ['credentials', 'cluster'] as const)
    if (needsApply(observed.applied[group]) && !(group === 'cluster' && waitsForBackup(desired, observed)))
      actions.push({ type: 'applyManifests', group });
  return actions;
}

function poolActions(
  desired: Cluster,
  observed: ObservedCluster,
  repair: RepairPlan['repair'],
): readonly ClusterAction[] {
  if (!observed.poolsKnown) return [];
  const actions: ClusterAction[] = [];
  const clusterUsable = observed.applied.cluster !== 'unknown' && observed.applied.cluster !== 'deleting';
  if (clusterUsable && credentialUsable(observed))
    for (const pool of desired.pools)
      if (needsApply(observed.pools.find((found) => found.name === pool.name)?.applied ?? 'absent'))
        if (!waitsForControlPlane(pool, desired, observed)) actions.push({ type: 'applyPool', pool: pool.name });
  for (const pool of observed.pools)
    if (!desired.pools.some((wanted) => wanted.name === pool.name) && pool.applied !== 'deleting')
      actions.push({ type: 'deletePool', pool: pool.name });
  actions.push(...forgetRemovedPools(desired, observed));
  // Those of a cluster that shall sleep go anyway; while data are replaced, nobody knows what a worker is worth.
  if (isQuiet(desired)) return actions;
  actions.push(...recyclingActions(desired, observed));
  // One at a time: what failed once may fail again, and a storm of new servers would hide the cause.
  const failed = observed.machines.find(
    ({ failure, deleting, joined }) => failure !== undefined && !deleting && !joined,
  );
  if (failed?.failure !== undefined)
    actions.push({ type: 'replaceMachine', machine: failed.name, reason: failed.failure.message });
  if (repair !== undefined && !desired.recycling.includes(repair.machine))
    actions.push({ type: 'repairMachine', ...repair });
  return actions;
}

function scalingActions(desired: Cluster, observed: ObservedCluster, now: Date): readonly ClusterAction[] {
  const { scalings, memories } = planAutoscaling(desired, observed, now);
  return [
    ...scalings.map((scaling): ClusterAction => ({ type: 'scalePool', ...scaling })),
    ...memories.map((memory): ClusterAction => ({ type: 'rememberAutoscaler', ...memory })),
  ];
}

function forgetRemovedPools(desired: Cluster, observed: ObservedCluster): readonly ClusterAction[] {
  const kept = new Set(
    [...desired.pools, ...observed.pools]
      .map((pool) => pool.name)
      .concat(observed.machines.map((machine) => machine.pool))
      .map((name) => ledgerName('pool', desired.id, name)),
  );
  return observed.ledger
    .filter((entry) => entry.kind === 'pool' && !kept.has(entry.name))
    .map(({ kind, name }) => ({ type: 'removeLedger', entry: { kind, name } }));
}

/** None of the control plane runs any more, as far as its Deployment knows; who is still ending is kept out by the database. */
function hasStopped({ applied, controlPlane }: ObservedCluster): boolean {
  const plane = seen(controlPlane);
  return applied.cluster === 'current' && plane !== undefined && plane.replicas === 0 && plane.readyReplicas === 0;
}

/** What runs beside the control plane. */
function companionActions({ applied }: ObservedCluster): readonly ClusterAction[] {
  return (['cloud-controller', 'volume-controller'] as const)
    .filter((group) => needsApply(applied[group]))
    .map((group) => ({ type: 'applyManifests', group }));
}

function tenantActions(desired: Cluster, observed: ObservedCluster): readonly ClusterAction[] {
  const tenant = seen(observed.tenant);
  if (tenant === undefined) return [];
  const actions: ClusterAction[] = [];
  if (observed.kubeconfig !== 'current') actions.push({ type: 'storeKubeconfig' });
  actions.push(...companionActions(observed));
  // kube-proxy is among them, and never newer than any replica of the API server.
  if (needsApply(tenant.addons) && versionBefore(desired, observed) === undefined)
    actions.push({ type: 'applyTenantAddons' });
  for (const node of tenant.unsettledNodes) actions.push({ type: 'settleNode', node });
  for (const node of tenant.staleNodes) actions.push({ type: 'deleteStaleNode', node });
  for (const name of tenant.staleVolumeAttachments) actions.push({ type: 'deleteStaleVolumeAttachment', name });
  return actions;
}
