import {
  type Cluster,
  causeOfWords,
  consoleError,
  type Failure,
  type ObservedMachine,
  type ObservedPool,
} from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import type { ClusterContext } from '../context.ts';
import { deleteFirstAnnotation, poolLabel } from '../labels.ts';
import { clusterApiVersion } from '../manifests/cluster.ts';
import { poolObjects } from '../manifests/index.ts';
import { infrastructureApiVersion, serverApiVersion } from '../manifests/infrastructure.ts';
import { bootstrapApiVersion } from '../manifests/pool.ts';
import { joinedWith } from '../node-settings.ts';
import { at, conditionsOf, isTrue, listAt, textAt, timeAt } from '../read.ts';
import { compareApplied } from './applied.ts';

interface Infrastructure {
  readonly infrastructure: readonly KubeObject[];
  readonly servers: readonly KubeObject[];
  readonly bootstraps: readonly KubeObject[];
}

/** What machines were made of. */
interface Origins {
  readonly machines: readonly KubeObject[];
  readonly infrastructure: readonly KubeObject[];
  readonly bootstraps: readonly KubeObject[];
}

interface PoolInput {
  readonly deployments: readonly KubeObject[];
  readonly origins: Origins;
  readonly workers: readonly ObservedMachine[];
}

export interface GatheredPools {
  readonly pools: readonly ObservedPool[];
  readonly machines: readonly ObservedMachine[];
  readonly poolsKnown: boolean;
}

/** Pools and machines as the management cluster has them. */
export async function gatherPools(
  context: ClusterContext,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<GatheredPools> {
  const list = async (apiVersion: string, kind: string): Promise<readonly KubeObject[]> =>
    (await context.management.list({ apiVersion, kind, namespace: cluster.id }, { signal })).items;
  try {
    const [deployments, machines, infrastructure, servers, bootstraps] = await Promise.all([
      list(clusterApiVersion, 'MachineDeployment'),
      list(clusterApiVersion, 'Machine'),
      list(infrastructureApiVersion, 'OpenStackMachine'),
      list(serverApiVersion, 'OpenStackServer'),
      list(bootstrapApiVersion, 'KubeadmConfig'),
    ]);
    const origins = { machines, infrastructure, bootstraps };
    const workers = await Promise.all(
      machines.map((machine) =>
        observeMachine(context, cluster, machine, { infrastructure, servers, bootstraps }, signal),
      ),
    );
    const observed = await Promise.all(
      poolNames(cluster, deployments).map((name) =>
        observePool(context, cluster, name, { deployments, origins, workers }, signal),
      ),
    );
    return {
      // A pool of which nothing exists is not there; that it should be is the plan's business.
      pools: observed.filter(({ applied }) => applied !== 'absent'),
      machines: workers,
      poolsKnown: true,
    };
  } catch (error) {
    context.log.debug({ clusterId: cluster.id, err: error }, 'pools could not be listed');
    return { pools: [], machines: [], poolsKnown: false };
  }
}

function poolNames(cluster: Cluster, deployments: readonly KubeObject[]): readonly string[] {
  const existing = deployments
    .map((object) => object.metadata.labels?.[poolLabel])
    .filter((name) => name !== undefined);
  return [...new Set([...cluster.pools.map(({ name }) => name), ...existing])];
}

async function observePool(
  context: ClusterContext,
  cluster: Cluster,
  name: string,
  { deployments, origins, workers }: PoolInput,
  signal: AbortSignal,
): Promise<ObservedPool> {
  const deployment = deployments.find((object) => object.metadata.labels?.[poolLabel] === name);
  const outdatedMachines = origins.machines.filter(
    (machine) => machine.metadata.labels?.[poolLabel] === name && isOutdated(machine, deployment, origins),
  ).length;
  const kubernetesVersion = textAt(deployment, 'spec', 'template', 'spec', 'version') ?? null;
  const found = { name, kubernetesVersion, outdatedMachines };
  const wanted = poolObjects({ cluster, settings: context.settings }, name, workers);
  if (deployment?.metadata.deletionTimestamp !== undefined) return { ...found, applied: 'deleting' };
  if (wanted.length === 0) return { ...found, applied: deployment === undefined ? 'absent' : 'outdated' };
  return { ...found, applied: await compareApplied(context.management, wanted, [], signal) };
}

/**
 * Whether a machine was made of something else than new ones are. Looked up, because the counts in the status of a MachineDeployment are those of before for some seconds after
 * it was changed. Who made an object of a template writes its name on it (cluster-api, api/core/v1beta2, TemplateClonedFromNameAnnotation).
 */
function isOutdated(machine: KubeObject, deployment: KubeObject | undefined, origins: Origins): boolean {
  const wanted = at(deployment, 'spec', 'template', 'spec');
  if (wanted === undefined || machine.metadata.deletionTimestamp !== undefined) return false;
  if (textAt(machine, 'spec', 'version') !== textAt(wanted, 'version')) return true;
  const madeOf = (objects: readonly KubeObject[], ...ref: readonly string[]): string | undefined => {
    const name = textAt(machine, 'spec', ...ref, 'name');
    return objects.find(({ metadata }) => metadata.name === name)?.metadata.annotations?.[
      'cluster.x-k8s.io/cloned-from-name'
    ];
  };
  const differs = (made: string | undefined, template: string | undefined): boolean =>
    made !== undefined && template !== undefined && made !== template;
  return (
    differs(madeOf(origins.infrastructure, 'infrastructureRef'), textAt(wanted, 'infrastructureRef', 'name')) ||
    differs(madeOf(origins.bootstraps, 'bootstrap', 'configRef'), textAt(wanted, 'bootstrap', 'configRef', 'name'))
  );
}

async function observeMachine(
  context: ClusterContext,
  cluster: Cluster,
  machine: KubeObject,
  { infrastructure, servers, bootstraps }: Infrastructure,
  signal: AbortSignal,
): Promise<ObservedMachine> {
  const bootstrapName = textAt(machine, 'spec', 'bootstrap', 'configRef', 'name');
  const infraName = textAt(machine, 'spec', 'infrastructureRef', 'name');
  const isIts = ({ metadata }: KubeObject): boolean => metadata.name === infraName;
  const [server, openStackMachine] = [servers.find(isIts), infrastructure.find(isIts)];
  const failure =
    (await machineFailure(context, server, signal)) ?? (await machineFailure(context, openStackMachine, signal));
  const pool = machine.metadata.labels?.[poolLabel] ?? '';
  const flavorOfPool = cluster.pools.find(({ name }) => name === pool)?.flavor;
  const serverId = textAt(server, 'status', 'instanceID');
  const now = context.now();
  const createdAt = new Date(machine.metadata.creationTimestamp ?? now);
  const isDeleting = machine.metadata.deletionTimestamp !== undefined;
  const isJoined = textAt(machine, 'status', 'nodeRef', 'name') !== undefined;
  const isReady = isTrue(machine, 'NodeReady');
  const readyCondition = conditionsOf(machine).find(({ type }) => type === 'NodeReady');
  const isIll = isJoined && !isReady && !isDeleting;
  const isLate = !isDeleting && !isJoined && now.getTime() - createdAt.getTime() > consoleAfterMs;
  return {
    name: machine.metadata.name,
    pool,
    flavor: textAt(openStackMachine, 'spec', 'flavor') ?? flavorOfPool ?? '',
    phase: textAt(machine, 'status', 'phase') ?? 'Pending',
    joined: isJoined,
    ready: isReady,
    readySince: isJoined && readyCondition !== undefined ? timeAt(readyCondition, 'lastTransitionTime') : createdAt,
    deleting: isDeleting,
    goesFirst: machine.metadata.annotations?.[deleteFirstAnnotation] !== undefined,
    createdAt,
    server:
      (isIll ? await serverState(context, serverId, signal) : undefined) ??
      textAt(server, 'status', 'instanceState') ??
      null,
    serverId: serverId ?? null,
    address: addressOf(machine),
    kubernetesVersion: textAt(machine, 'status', 'nodeInfo', 'kubeletVersion') ?? null,
    joinedWith: joinedWith(bootstraps.find(({ metadata }) => metadata.name === bootstrapName)),
    consoleError: isLate ? await readConsole(context, serverId, signal) : null,
    drain: isDeleting ? drainOf(machine) : null,
    ...(failure === undefined ? {} : { failure }),
  };
}

/** What Nova answers about a server; undefined when there is none to ask about, or it cannot be asked: then Cluster API's words must do. */
async function fromNova<T>(serverId: string | undefined, ask: (id: string) => Promise<T>): Promise<T | undefined> {
  if (serverId === undefined) return undefined;
  try {
    return await ask(serverId);
  } catch {
    return undefined;
  }
}

/** What Nova says of a server now: Cluster API's provider looks again at one that ran only every few hours. */
async function serverState(
  { cloud }: ClusterContext,
  serverId: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  return await fromNova(serverId, async (id) => (await cloud.nova.servers.find(id, signal))?.status ?? 'DELETED');
}

/** The first address that Cluster API copied from the server. */
function addressOf(machine: KubeObject): string | null {
  const addresses = listAt(machine, 'status', 'addresses');
  return textAt(addresses.find((entry) => textAt(entry, 'type') === 'InternalIP') ?? addresses[0], 'address') ?? null;
}

/** A worker joins within a minute or two; before that its console is of no interest. */
const consoleAfterMs = 150_000;

/** A cloud may have no consoles. */
async function readConsole(
  { cloud }: ClusterContext,
  serverId: string | undefined,
  signal: AbortSignal,
): Promise<string | null> {
  const log = await fromNova(serverId, async (id) => await cloud.nova.consoleLog(id, { lines: 200, signal }));
  return log === undefined ? null : consoleError(log);
}

/** Cluster API tells in a condition of a machine that is being deleted which pods it cannot evict, and why (machine_controller, drainNode). */
function drainOf(machine: KubeObject): string | null {
  const words = conditionsOf(machine).find(({ type }) => type === 'Deleting')?.message;
  return words === undefined || words === '' ? null : words;
}

/** CAPO says only that a server is in ERROR and stops looking at it; why is in Nova's `fault`. */
async function machineFailure(
  context: ClusterContext,
  server: KubeObject | undefined,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  if (server === undefined) return undefined;
  const failureReason = textAt(server, 'status', 'failureReason');
  const failed = at(server, 'status', 'instanceState') === 'ERROR' || failureReason !== undefined;
  const condition = conditionsOf(server).find(({ reason }) => reason === 'InstanceStateError');
  if (!failed && condition === undefined) return undefined;
  const said = textAt(server, 'status', 'failureMessage') ?? condition?.message ?? 'the server is in state ERROR';
  return causeOfWords(
    (await novaFault(context, textAt(server, 'status', 'instanceID'), signal)) ?? said,
    'ServerFailed',
  );
}

async function novaFault(
  { cloud }: ClusterContext,
  serverId: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  return await fromNova(serverId, async (id) => (await cloud.nova.servers.find(id, signal))?.fault?.message);
}
