import { seen } from '../shared/looked.ts';
import type { ClusterAction } from './actions.ts';
import { type LedgerKind, ledgerName } from './ledger.ts';
import type { Cluster } from './model.ts';
import type { ObservedCluster } from './observed.ts';
import type { ClusterPolicy, PhaseProgress } from './plan-types.ts';

export interface DeletionPlan {
  readonly actions: readonly ClusterAction[];
  readonly progress: readonly PhaseProgress[];
}

/** What is certainly gone. Each is true only when somebody looked and saw nothing. */
interface Gone {
  readonly loadBalancers: boolean;
  readonly workers: boolean;
  readonly controlPlane: boolean;
  readonly cluster: boolean;
  readonly volumes: boolean;
  readonly namespace: boolean;
  readonly credential: boolean;
}

/**
 * Takes a cluster apart in the order that leaves nothing behind: load balancers while the tenant's cloud controller still runs, then the
 * Cluster API objects (workers, control plane, network, in its own order), then volumes that are not wanted any more, the namespace with the
 * secrets, and the credential.
 */
export function planDeletion(
  desired: Cluster,
  observed: ObservedCluster,
  now: Date,
  policy: ClusterPolicy,
): DeletionPlan {
  const gone = judge(observed);
  // What is not certainly gone stays in the ledger, for people.
  if (desired.forced) return { actions: [{ type: 'finishDeletion' }], progress: progressOf(desired, observed, gone) };
  const actions: ClusterAction[] = [...loadBalancerActions(desired, observed, now, policy)];
  if (gone.loadBalancers) actions.push(...clusterActions(observed));
  if (gone.cluster && gone.loadBalancers) actions.push(...remainderActions(desired, observed, gone));
  // Once the servers are gone: a volume in use is not deleted.
  if (gone.cluster && (seen(observed.leftoverVolumes) ?? 0) > 0) actions.push({ type: 'deleteLeftoverVolumes' });
  actions.push(...ledgerActions(observed, gone));
  const removed = actions.filter((action) => action.type === 'removeLedger').length;
  if (allGone(gone) && removed === observed.ledger.length) actions.push({ type: 'finishDeletion' });
  return { actions, progress: progressOf(desired, observed, gone) };
}

function judge(observed: ObservedCluster): Gone {
  const workers = observed.poolsKnown && observed.machines.length === 0;
  const cluster =
    observed.applied.cluster === 'absent' &&
    observed.infrastructure.state === 'absent' &&
    observed.controlPlane.state === 'absent' &&
    workers &&
    observed.pools.length === 0;
  const noLeftovers = observed.leftoverLoadBalancers.state === 'absent' || seen(observed.leftoverLoadBalancers) === 0;
  return {
    loadBalancers: noLeftovers && tenantServicesGone(observed),
    workers,
    controlPlane: observed.controlPlane.state === 'absent',
    cluster,
    volumes: cluster && (observed.leftoverVolumes.state === 'absent' || seen(observed.leftoverVolumes) === 0),
    namespace: observed.applied.namespace === 'absent',
    credential: observed.credential.state === 'absent',
  };
}

/** Once the cluster itself is going, its tenant does not count any more: only what is left in OpenStack does. */
function tenantServicesGone(observed: ObservedCluster): boolean {
  if (observed.applied.cluster === 'deleting' || observed.applied.cluster === 'absent') return true;
  if (observed.tenant.state === 'present') return observed.tenant.value.loadBalancerServices === 0;
  return observed.tenant.state === 'absent' || seen(observed.leftoverLoadBalancers) === 0;
}

function loadBalancerActions(
  desired: Cluster,
  observed: ObservedCluster,
  now: Date,
  policy: ClusterPolicy,
): readonly ClusterAction[] {
  const leftovers = seen(observed.leftoverLoadBalancers) ?? 0;
  const services = seen(observed.tenant)?.loadBalancerServices ?? 0;
  const actions: ClusterAction[] = [];
  if (services > 0 && observed.applied.cluster !== 'deleting') actions.push({ type: 'deleteLoadBalancerServices' });
  const waitedMs = desired.deleteRequestedAt === null ? 0 : now.getTime() - desired.deleteRequestedAt.getTime();
  const nobodyElseWill =
    observed.tenant.state === 'absent' ||
    observed.applied.cluster === 'deleting' ||
    observed.applied.cluster === 'absent' ||
    waitedMs >= policy.tenantCleanupTimeoutMs;
  if (leftovers > 0 && nobodyElseWill) actions.push({ type: 'deleteLeftoverLoadBalancers' });
  return actions;
}

function clusterActions(observed: ObservedCluster): readonly ClusterAction[] {
  const actions: ClusterAction[] = [];
  const deletable = (applied: string): boolean => applied === 'current' || applied === 'outdated';
  for (const group of ['cloud-controller', 'volume-controller'] as const)
    if (deletable(observed.applied[group])) actions.push({ type: 'deleteManifests', group });
  if (deletable(observed.applied.cluster)) actions.push({ type: 'deleteManifests', group: 'cluster' });
  // Pools go with their Cluster; without one (a crash during creation) nobody else deletes them.
  if (observed.applied.cluster === 'absent' && observed.poolsKnown)
    for (const pool of observed.pools)
      if (pool.applied !== 'deleting') actions.push({ type: 'deletePool', pool: pool.name });
  return actions;
}

function remainderActions(desired: Cluster, observed: ObservedCluster, gone: Gone): readonly ClusterAction[] {
  const actions: ClusterAction[] = [];
  for (const group of ['credentials', 'namespace'] as const)
    if (observed.applied[group] === 'current' || observed.applied[group] === 'outdated')
      actions.push({ type: 'deleteManifests', group });
  if (gone.namespace && observed.credential.state === 'present')
    actions.push({ type: 'deleteApplicationCredential', name: ledgerName('application-credential', desired.id) });
  return actions;
}

function ledgerActions(observed: ObservedCluster, gone: Gone): readonly ClusterAction[] {
  const removable: Readonly<Record<LedgerKind, boolean>> = {
    'load-balancers': gone.loadBalancers && gone.cluster,
    volumes: gone.volumes,
    pool: gone.cluster,
    cluster: gone.cluster,
    namespace: gone.cluster && gone.namespace,
    'application-credential': gone.cluster && gone.namespace && gone.credential,
  };
  return observed.ledger
    .filter((entry) => removable[entry.kind])
    .map(({ kind, name }) => ({ type: 'removeLedger', entry: { kind, name } }));
}

function volumesMessage(observed: ObservedCluster): string {
  const left = seen(observed.leftoverVolumes);
  return left === undefined ? 'could not look' : `${left} volumes left`;
}

function allGone(gone: Gone): boolean {
  return Object.values(gone).every(Boolean);
}

function progressOf(desired: Cluster, observed: ObservedCluster, gone: Gone): readonly PhaseProgress[] {
  const leftovers = seen(observed.leftoverLoadBalancers) ?? seen(observed.tenant)?.loadBalancerServices ?? 0;
  const networkGone = observed.infrastructure.state === 'absent';
  const steps: readonly (readonly [PhaseProgress['name'], boolean, string])[] = [
    ['load-balancers', gone.loadBalancers, `${leftovers} load balancers left`],
    ['workers', gone.workers, observed.poolsKnown ? `${observed.machines.length} workers left` : 'could not look'],
    ['control-plane', gone.controlPlane, 'control plane is being removed'],
    ['network', networkGone && gone.cluster, 'network is being removed'],
    ['volumes', gone.volumes, volumesMessage(observed)],
    ['credentials', gone.namespace && gone.credential, 'credentials are being removed'],
    ['ledger', observed.ledger.length === 0, `${observed.ledger.length} entries left of ${desired.name}`],
  ];
  const firstOpen = steps.findIndex(([, done]) => !done);
  return steps.map(([name, done, message], index) => ({
    name,
    state: done ? 'done' : index === firstOpen ? 'running' : 'pending',
    message: done ? 'gone' : message,
    percent: done ? 100 : 0,
  }));
}
