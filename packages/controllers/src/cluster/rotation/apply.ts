import type { Cluster, RotationStage } from '@matryoshka/domain';
import { isAlreadyExists, type KubeClient, type KubeObject, type ObjectRef } from '@matryoshka/kube';
import { TypedError } from '@matryoshka/system';
import type { ClusterContext } from '../context.ts';
import { fieldManager, labelsOf } from '../labels.ts';
import { adminKubeconfigSecretName } from '../manifests/beside-control-plane.ts';
import { textAt } from '../read.ts';
import { clusterInfo, isIssuedByNew, isOfNew } from './gather.ts';
import { isKnownBy, withAuthority } from './kubeconfigs.ts';
import { certificatesOf } from './pem.ts';
import { dataOf, encoded, newKeysBeside, readKeys, says, stageAnnotation, stageOf, storedKeys } from './secrets.ts';
import { type RotationKeys, type SecretData, secretNames, secretsAt, servesNew, trusted } from './stages.ts';

const secretRef = ({ id }: Cluster, name: string): ObjectRef => ({
  ...{ apiVersion: 'v1', kind: 'Secret', name, namespace: id },
});

/** Gives the control plane the keys of a stage. The keys are kept before anything is given them, so that a repetition gives the same. */
export async function rotate(
  { management, now }: ClusterContext,
  cluster: Cluster,
  stage: RotationStage,
  signal: AbortSignal,
): Promise<void> {
  const names = secretNames(cluster.id);
  const find = async (name: string): Promise<KubeObject | undefined> =>
    await management.find(secretRef(cluster, name), { signal });
  const keys = await keysOf(cluster, find, management, now(), signal);
  if (stageOf(await find(names.keys)) !== stage)
    await management.patch(
      secretRef(cluster, names.keys),
      { metadata: { annotations: { [stageAnnotation]: stage } } },
      { type: 'merge', fieldManager, signal },
    );
  for (const [name, data] of secretsAt(keys, stage, cluster.id)) {
    const found = await find(name);
    if (says(found, data)) continue;
    if (name === names.signer)
      await management.apply(secretOf(cluster, name, data), { fieldManager, force: true, signal });
    else
      await management.patch(
        secretRef(cluster, name),
        { data: encoded(data) },
        { type: 'merge', fieldManager, signal },
      );
  }
  if (!servesNew(stage)) return;
  const isOld = (name: string, found: KubeObject): boolean =>
    name === admin ? !isIssuedByNew(found, keys) : !isOfNew(found, keys, trusted(keys, stage));
  const admin = adminKubeconfigSecretName(cluster.id);
  for (const name of [admin, ...names.konnectivity]) {
    const found = await find(name);
    if (found !== undefined && isOld(name, found)) await management.delete(secretRef(cluster, name), { signal });
  }
}

async function keysOf(
  cluster: Cluster,
  find: (name: string) => Promise<KubeObject | undefined>,
  management: KubeClient,
  now: Date,
  signal: AbortSignal,
): Promise<RotationKeys> {
  const names = secretNames(cluster.id);
  const stored = readKeys(await find(names.keys));
  if (stored !== undefined) return stored;
  const [authority, frontProxy, serviceAccounts] = await Promise.all(
    [names.authority, names.frontProxy, names.serviceAccounts].map(async (name) => dataOf(await find(name))),
  );
  const made = await newKeysBeside(
    { authority: authority ?? {}, frontProxy: frontProxy ?? {}, serviceAccounts: serviceAccounts ?? {} },
    now,
  );
  if (made === undefined || certificatesOf(made.authority.old.public).length !== 1)
    throw new TypedError(`the control plane of ${cluster.id} has no keys of its own to rotate`, {
      code: 'rotation_without_keys',
      actor: 'provider',
      next: 'Look at the Secrets of its namespace.',
    });
  try {
    const secret = secretOf(cluster, names.keys, storedKeys(made), { [stageAnnotation]: 'trust' });
    await management.create(secret, { fieldManager, signal });
    return made;
  } catch (error) {
    // Whoever was first has made the keys.
    const first = isAlreadyExists(error) ? readKeys(await find(names.keys)) : undefined;
    if (first === undefined) throw error;
    return first;
  }
}

function secretOf(
  cluster: Cluster,
  name: string,
  data: SecretData,
  annotations: Readonly<Record<string, string>> = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: cluster.id, labels: labelsOf(cluster), annotations },
    type: 'Opaque',
    data: encoded(data),
  };
}

/** Puts what is trusted now into the administrators' kubeconfigs and into what new workers read, and has Kamaji's client of the cluster begin again with it. */
export async function publishAuthority(
  { management }: ClusterContext,
  cluster: Cluster,
  tenant: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  const stored = await management.find(secretRef(cluster, secretNames(cluster.id).keys), { signal });
  const [keys, stage] = [readKeys(stored), stageOf(stored)];
  if (keys === undefined || stage === undefined) return;
  const bundle = trusted(keys, stage);
  const admin = secretRef(cluster, adminKubeconfigSecretName(cluster.id));
  const found = await management.find(admin, { signal });
  const kubeconfigs = Object.entries(dataOf(found));
  const outdated = kubeconfigs.filter(([, kubeconfig]) => !isKnownBy(kubeconfig, bundle));
  if (outdated.length > 0) {
    const data = encoded(Object.fromEntries(outdated.map(([key, text]) => [key, withAuthority(text, bundle)])));
    await management.patch(admin, { ...unchanged(found), data }, { type: 'merge', fieldManager, signal });
    await restartKamajiClient(management, cluster, signal);
  }
  const info = await tenant.find(clusterInfo, { signal });
  const announced = textAt(info, 'data', 'kubeconfig');
  if (announced !== undefined && !isKnownBy(announced, bundle)) {
    const data = { kubeconfig: withAuthority(announced, bundle) };
    await tenant.patch(clusterInfo, { ...unchanged(info), data }, { type: 'merge', fieldManager, signal });
  }
}

/** Makes a patch fail when somebody wrote the object since it was read: Kamaji may just have put a new client's certificate into it. */
const unchanged = (found: KubeObject | undefined): object => ({
  metadata: { resourceVersion: found?.metadata.resourceVersion },
});

/** Kamaji reads the kubeconfig of a cluster once, and again only when its status says that the authority changes (controllers/soot/manager.go). */
async function restartKamajiClient(management: KubeClient, { id }: Cluster, signal: AbortSignal): Promise<void> {
  const ref = { apiVersion: 'kamaji.clastix.io/v1alpha1', kind: 'TenantControlPlane', name: id, namespace: id };
  const status = { kubernetesResources: { version: { status: 'CertificateAuthorityRotating' } } };
  await management.patch(ref, { status }, { type: 'merge', subresource: 'status', fieldManager, signal });
}

/** Forgets the keys of a rotation, the old ones among them. */
export async function forgetKeys({ management }: ClusterContext, cluster: Cluster, signal: AbortSignal): Promise<void> {
  await management.delete(secretRef(cluster, secretNames(cluster.id).keys), { signal });
}

/** Deletes Secrets with certificates, which Kamaji makes anew. */
export async function renewCertificates(
  { management }: ClusterContext,
  cluster: Cluster,
  secrets: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of secrets) await management.delete(secretRef(cluster, name), { signal });
}
