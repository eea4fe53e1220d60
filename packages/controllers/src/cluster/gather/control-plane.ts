import {
  absent,
  type Cluster,
  type Failure,
  type Looked,
  type ObservedControlPlane,
  type ObservedInfrastructure,
  present,
  unknown,
} from '@matryoshka/domain';
import type { KubeClient } from '@matryoshka/kube';
import { errorMessage } from '@matryoshka/system';
import { explainOpenStack } from '../failures.ts';
import { controlPlaneApiVersion } from '../manifests/control-plane.ts';
import { infrastructureApiVersion } from '../manifests/infrastructure.ts';
import { at, conditionsOf, numberAt, textAt } from '../read.ts';

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
  if (fatal !== undefined)
    return explainOpenStack(textAt(object, 'status', 'failureReason') ?? 'InfrastructureFailed', fatal);
  // CAPO reports the endpoint it waits for (Kamaji's) as an error: that is no failure.
  const failed = conditionsOf(object).find(
    ({ status, severity, message }) =>
      status === 'False' && severity === 'Error' && !/control plane endpoint/i.test(message ?? ''),
  );
  return failed === undefined ? undefined : explainOpenStack(failed.reason ?? failed.type, failed.message ?? '');
}

/** The control plane: Kamaji's provider and the TenantControlPlane it made. */
export async function gatherControlPlane(
  client: KubeClient,
  { id }: Cluster,
  signal: AbortSignal,
): Promise<Looked<ObservedControlPlane>> {
  try {
    const [kcp, tcp] = await Promise.all([
      client.find(
        { apiVersion: controlPlaneApiVersion, kind: 'KamajiControlPlane', name: id, namespace: id },
        { signal },
      ),
      client.find(
        { apiVersion: 'kamaji.clastix.io/v1alpha1', kind: 'TenantControlPlane', name: id, namespace: id },
        { signal },
      ),
    ]);
    if (kcp === undefined && tcp === undefined) return absent;
    const endpoint = textAt(tcp, 'status', 'controlPlaneEndpoint');
    const message = textAt(kcp, 'status', 'failureMessage');
    const versionStatus = textAt(tcp, 'status', 'kubernetesResources', 'version', 'status');
    return present({
      endpoint: endpoint === undefined ? null : `https://${endpoint}`,
      initialized: at(kcp, 'status', 'initialized') === true || versionStatus === 'Ready',
      replicas: numberAt(kcp, 'spec', 'replicas'),
      readyReplicas: numberAt(tcp, 'status', 'kubernetesResources', 'deployment', 'readyReplicas'),
      version: textAt(tcp, 'status', 'kubernetesResources', 'version', 'version') ?? null,
      ...(message === undefined
        ? {}
        : {
            failure: {
              reason: textAt(kcp, 'status', 'failureReason') ?? 'ControlPlaneFailed',
              message,
              actor: 'us' as const,
            },
          }),
    });
  } catch (error) {
    return unknown(errorMessage(error));
  }
}
