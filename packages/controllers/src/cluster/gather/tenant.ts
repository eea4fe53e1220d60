import { cinderDriver, cinderNodeName } from '@matryoshka/addons';
import {
  absent,
  type Cluster,
  type Failure,
  failureOf,
  isStarting,
  type Looked,
  type ObservedMachine,
  type ObservedNode,
  type ObservedTenant,
  present,
  unknown,
} from '@matryoshka/domain';
import { isTransient, type KubeClient, type KubeObject, podTrouble } from '@matryoshka/kube';
import { errorMessage } from '@matryoshka/system';
import type { ClusterContext } from '../context.ts';
import { tenantManifests } from '../manifests/index.ts';
import { numberAt, textAt } from '../read.ts';
import { compareApplied } from './applied.ts';
import { loadBalancerFailure, volumeFailure } from './customer-resources.ts';
import { type AutoscalerFacts, gatherLoad } from './load.ts';
import { certificateRequest, machineOf, observedNode, poolChangeOf } from './nodes.ts';

export interface TenantInput {
  readonly kubeconfig: string | undefined;
  readonly endpoint: string | null;
  readonly initialized: boolean;
  /** It shall not run. */
  readonly rests: boolean;
  readonly machines: readonly ObservedMachine[];
  readonly machinesKnown: boolean;
  /** Only where pools scale by themselves. */
  readonly autoscaler: AutoscalerFacts | undefined;
}

/** The customer's cluster from inside. A control plane that is still starting counts as absent, one that should answer as unknown. */
export async function gatherTenant(
  context: ClusterContext,
  cluster: Cluster,
  input: TenantInput,
  signal: AbortSignal,
): Promise<Looked<ObservedTenant>> {
  if (input.kubeconfig === undefined || input.endpoint === null || input.rests) return absent;
  const client = context.tenants.client(cluster.id, input.kubeconfig);
  try {
    return present(await look(context, cluster, client, input.endpoint, input, signal));
  } catch (error) {
    if ((!input.initialized || isStarting(cluster, context.now())) && isTransient(error)) return absent;
    return unknown(errorMessage(error));
  }
}

async function look(
  context: ClusterContext,
  cluster: Cluster,
  client: KubeClient,
  endpoint: string,
  input: TenantInput,
  signal: AbortSignal,
): Promise<ObservedTenant> {
  const list = async (apiVersion: string, kind: string, namespace?: string): Promise<readonly KubeObject[]> =>
    (await client.list({ apiVersion, kind, ...(namespace === undefined ? {} : { namespace }) }, { signal })).items;
  const [nodes, services, daemonSets, deployments, flannelSets, attachments, requests, claims] = await Promise.all([
    list('v1', 'Node'),
    list('v1', 'Service'),
    list('apps/v1', 'DaemonSet', 'kube-system'),
    list('apps/v1', 'Deployment', 'kube-system'),
    list('apps/v1', 'DaemonSet', 'kube-flannel'),
    list('storage.k8s.io/v1', 'VolumeAttachment'),
    list('certificates.k8s.io/v1', 'CertificateSigningRequest'),
    list('v1', 'PersistentVolumeClaim'),
  ]);
  const volumeTypes = await context.volumeTypes(signal);
  const wanted = tenantManifests({ cluster, settings: context.settings, endpoint, volumeTypes });
  const addons = await compareApplied(client, wanted, [], signal);
  const everywhere = ['flannel', 'kube-proxy', 'konnectivity-agent', ...(volumeTypes === null ? [] : [cinderNodeName])];
  const waiting = waitingAddons(everywhere, [...daemonSets, ...flannelSets], deployments, nodes.length > 0);
  const observedNodes = nodes.map(observedNode);
  const { machines, autoscaler: facts } = input;
  const [load, addonsFailure, balancers, volumes] = await Promise.all([
    facts === undefined ? undefined : gatherLoad(client, cluster, { nodes, machines, facts }, signal),
    waiting.length === 0 ? undefined : whyAddonsWait(list, daemonSets, observedNodes, context.now()),
    loadBalancerFailure(client, services, signal),
    volumeFailure(client, claims, signal),
  ]);
  return {
    nodes: observedNodes,
    requests: requests.flatMap((request) => certificateRequest(request) ?? []),
    ...(load === undefined ? {} : { load }),
    ...(addonsFailure === undefined ? {} : { addonsFailure }),
    ...(balancers === undefined ? {} : { loadBalancerFailure: balancers }),
    ...(volumes === undefined ? {} : { volumeFailure: volumes }),
    unsettledNodes: input.machinesKnown ? unsettledNodes(nodes, cluster, input.machines) : [],
    staleNodes: input.machinesKnown ? staleNodes(nodes, input.machines) : [],
    staleVolumeAttachments: input.machinesKnown ? staleAttachments(attachments, nodes, input.machines) : [],
    addons,
    addonsReady: addons === 'current' && waiting.length === 0,
    ...(waiting.length === 0 ? {} : { addonsMessage: `waiting for ${waiting.join(', ')}` }),
    loadBalancerServices: services.filter((service) => textAt(service, 'spec', 'type') === 'LoadBalancer').length,
  };
}

/** A pod that waits for its image or crashes does not only need time. */
const broken = /ErrImagePull|ImagePullBackOff|CrashLoopBackOff|CreateContainer(?:Config)?Error|RunContainerError/;
/** From a node that is ready to the first agent that is. */
const agentPatienceMs = 120_000;

async function whyAddonsWait(
  list: (apiVersion: string, kind: string, namespace?: string) => Promise<readonly KubeObject[]>,
  daemonSets: readonly KubeObject[],
  nodes: readonly ObservedNode[],
  now: Date,
): Promise<Failure | undefined> {
  const pods = [...(await list('v1', 'Pod', 'kube-system')), ...(await list('v1', 'Pod', 'kube-flannel'))];
  for (const pod of pods) {
    const trouble = podTrouble(pod);
    if (trouble !== undefined && broken.test(trouble))
      return failureOf('AddonNotRunning', `${pod.metadata.name}: ${trouble}`);
  }
  const agents = daemonSets.find((object) => object.metadata.name === 'konnectivity-agent');
  const isLate = nodes.some(
    ({ ready }) => ready.status === 'True' && now.getTime() - ready.since.getTime() > agentPatienceMs,
  );
  if (isLate && numberAt(agents, 'status', 'numberReady') === 0)
    return failureOf('KonnectivityAgentSilent', `0 of ${numberAt(agents, 'status', 'desiredNumberScheduled')} run`);
  return undefined;
}

function unsettledNodes(
  nodes: readonly KubeObject[],
  cluster: Cluster,
  machines: readonly ObservedMachine[],
): readonly string[] {
  return nodes
    .filter((node) => poolChangeOf(node, cluster, machines) !== undefined)
    .map(({ metadata }) => metadata.name);
}

/** Nodes whose Machine is gone. */
function staleNodes(nodes: readonly KubeObject[], machines: readonly ObservedMachine[]): readonly string[] {
  const known = new Set(machines.map(({ name }) => name));
  return nodes
    .filter((node) => {
      return !known.has(machineOf(node));
    })
    .map((node) => node.metadata.name);
}

/** Of our driver's only: what another one's needs is not known. */
function staleAttachments(
  attachments: readonly KubeObject[],
  nodes: readonly KubeObject[],
  machines: readonly ObservedMachine[],
): readonly string[] {
  const known = new Set([...nodes.map((node) => node.metadata.name), ...machines.map(({ name }) => name)]);
  return attachments
    .filter((attachment) => textAt(attachment, 'spec', 'attacher') === cinderDriver)
    .filter((attachment) => attachment.metadata.deletionTimestamp === undefined)
    .filter((attachment) => !known.has(textAt(attachment, 'spec', 'nodeName') ?? ''))
    .map((attachment) => attachment.metadata.name);
}

function waitingAddons(
  everywhere: readonly string[],
  daemonSets: readonly KubeObject[],
  deployments: readonly KubeObject[],
  hasNodes: boolean,
): readonly string[] {
  const onEveryNode = everywhere.filter((name) => {
    const set = daemonSets.find((object) => object.metadata.name === name);
    if (set === undefined) return true;
    const wanted = numberAt(set, 'status', 'desiredNumberScheduled');
    if (wanted === 0) return false;
    return (
      numberAt(set, 'status', 'observedGeneration') < (set.metadata.generation ?? 0) ||
      numberAt(set, 'status', 'updatedNumberScheduled') < wanted ||
      numberAt(set, 'status', 'numberReady') < wanted
    );
  });
  const coredns = deployments.find((object) => object.metadata.name === 'coredns');
  // Without a node there is nowhere to run: not a fault of the add-ons.
  if (!hasNodes)
    return daemonSets.length === 0 || coredns === undefined ? ['the control plane to install add-ons'] : [];
  return numberAt(coredns, 'status', 'availableReplicas') > 0 ? onEveryNode : [...onEveryNode, 'coredns'];
}
