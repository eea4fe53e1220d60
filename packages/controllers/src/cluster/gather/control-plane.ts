import {
  absent,
  type Cluster,
  causeOfWords,
  type Failure,
  failureOf,
  type Looked,
  type ObservedControlPlane,
  type ObservedInfrastructure,
  present,
  unknown,
} from '@matryoshka/domain';
import type { KubeClient, KubeObject } from '@matryoshka/kube';
import { errorMessage } from '@matryoshka/system';
import type { ClusterContext } from '../context.ts';
import { generationIn } from '../encryption/gather.ts';
import { adminKubeconfigSecretName, publicKubeconfigKey } from '../manifests/beside-control-plane.ts';
import { controlPlaneApiVersion } from '../manifests/control-plane.ts';
import { infrastructureApiVersion } from '../manifests/infrastructure.ts';
import { at, conditionsOf, numberAt, textAt } from '../read.ts';
import { gatherRotation, type RotationReads } from '../rotation/gather.ts';
import { dataOf } from '../rotation/secrets.ts';
import { certificatesIn } from './certificates.ts';
import { gatherControlPlanePods } from './control-plane-pods.ts';
import { warningsOf } from './events.ts';
import { hasRolledOut, runsOn } from './rollout.ts';

/** The network side: CAPO's OpenStackCluster. */
export async function gatherInfrastructure(
  client: KubeClient,
  { id }: Cluster,
  signal: AbortSignal,
): Promise<Looked<ObservedInfrastructure>> {
  try {
    const ref = { apiVersion: infrastructureApiVersion, kind: 'OpenStackCluster', name: id, namespace: id };
    const object = await client.find(ref, { signal });
    if (object === undefined) return absent;
    const failure = infrastructureFailure(object);
    return present({ ready: at(object, 'status', 'ready') === true, ...(failure === undefined ? {} : { failure }) });
  } catch (error) {
    return unknown(errorMessage(error));
  }
}

function infrastructureFailure(object: unknown): Failure | undefined {
  const fatal = textAt(object, 'status', 'failureMessage');
  if (fatal !== undefined) return causeOfWords(fatal, 'NetworkFailed');
  // CAPO reports the endpoint it waits for (Kamaji's) as an error: that is no failure.
  const failed = conditionsOf(object).find(
    ({ status, severity, message }) =>
      status === 'False' && severity === 'Error' && !/control plane endpoint/i.test(message ?? ''),
  );
  return failed === undefined
    ? undefined
    : causeOfWords(failed.message ?? failed.reason ?? failed.type, 'NetworkFailed');
}

/** The control plane: Kamaji's provider, the TenantControlPlane it made, its pods, Service and certificates. */
export async function gatherControlPlane(
  context: ClusterContext,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<Looked<ObservedControlPlane>> {
  const { id } = cluster;
  const client = context.management;
  const find = async (apiVersion: string, kind: string): Promise<KubeObject | undefined> =>
    await client.find({ apiVersion, kind, name: id, namespace: id }, { signal });
  try {
    const [kcp, tcp, service, deployment, { pods, revisions, keys, crowded }, secrets] = await Promise.all([
      find(controlPlaneApiVersion, 'KamajiControlPlane'),
      find('kamaji.clastix.io/v1alpha1', 'TenantControlPlane'),
      find('v1', 'Service'),
      find('apps/v1', 'Deployment'),
      gatherControlPlanePods(context, cluster, signal),
      client.list<KubeObject>({ apiVersion: 'v1', kind: 'Secret', namespace: id }, { signal }),
    ]);
    if (kcp === undefined && tcp === undefined) return absent;
    const mixed = revisions > 1;
    const generation = generationIn(at(deployment, 'spec', 'template', 'spec'));
    const endpoint = textAt(tcp, 'status', 'controlPlaneEndpoint');
    const message = textAt(kcp, 'status', 'failureMessage');
    const versionStatus = textAt(tcp, 'status', 'kubernetesResources', 'version', 'status');
    return present({
      endpoint: endpoint === undefined ? null : `https://${endpoint}`,
      initialized: at(kcp, 'status', 'initialized') === true || versionStatus === 'Ready',
      replicas: numberAt(kcp, 'spec', 'replicas'),
      readyReplicas: numberAt(tcp, 'status', 'kubernetesResources', 'deployment', 'readyReplicas'),
      version: textAt(tcp, 'status', 'kubernetesResources', 'version', 'version') ?? null,
      pods,
      crowded,
      unaddressed: await unaddressed(client, service, signal),
      certificates: certificatesIn(secrets.items, id),
      // Where nobody made one (yet), there is nothing that is being replaced.
      rolledOut: deployment === undefined || (runsOn(deployment, secrets.items, id) && !mixed),
      keysGeneration: hasRolledOut(deployment) && [...keys].every((of) => of === generation) ? generation : null,
      ...(await rotationOf(context, cluster, { secrets: secrets.items, deployment, mixed }, signal)),
      ...(message === undefined ? {} : { failure: failureOf('ControlPlaneFailed', message) }),
    });
  } catch (error) {
    return unknown(errorMessage(error));
  }
}

/** Nothing for a cluster that is in no rotation, or has no administrator's kubeconfig at the moment. */
async function rotationOf(
  context: ClusterContext,
  cluster: Cluster,
  reads: Omit<RotationReads, 'tenant'>,
  signal: AbortSignal,
): Promise<Pick<ObservedControlPlane, 'rotation'>> {
  const name = adminKubeconfigSecretName(cluster.id);
  const kubeconfig = dataOf(reads.secrets.find(({ metadata }) => metadata.name === name))[publicKubeconfigKey];
  if (cluster.rotation === null || kubeconfig === undefined) return {};
  const tenant = context.tenants.client(cluster.id, kubeconfig);
  return { rotation: await gatherRotation(cluster, { ...reads, tenant }, signal) };
}

async function unaddressed(
  client: KubeClient,
  service: KubeObject | undefined,
  signal: AbortSignal,
): Promise<ObservedControlPlane['unaddressed']> {
  const addresses = at(service, 'status', 'loadBalancer', 'ingress');
  if (service === undefined || textAt(service, 'spec', 'type') !== 'LoadBalancer') return null;
  if (Array.isArray(addresses) && addresses.length > 0) return null;
  const { name, namespace = '', creationTimestamp } = service.metadata;
  const warnings = await warningsOf(client, { kind: 'Service', namespace }, signal);
  return {
    since: creationTimestamp === undefined ? new Date() : new Date(creationTimestamp),
    event: warnings.get(`${namespace}/${name}`) ?? null,
  };
}
