import type { Applied, Cluster, ManifestGroup } from '@matryoshka/domain';
import type { KubeClient, KubeObject, ObjectRef } from '@matryoshka/kube';
import { refOf } from '@matryoshka/kube';
import { isCurrent } from '../drift.ts';
import { auditName } from '../manifests/audit.ts';
import { authenticationName } from '../manifests/authentication.ts';
import { cloudControllerName } from '../manifests/cloud-controller.ts';
import { clusterApiVersion } from '../manifests/cluster.ts';
import { controlPlaneApiVersion } from '../manifests/control-plane.ts';
import { cloudConfigSecretName, cloudsSecretName } from '../manifests/credentials.ts';
import { encryptionName } from '../manifests/encryption.ts';
import { infrastructureApiVersion } from '../manifests/infrastructure.ts';
import { volumeControllerName } from '../manifests/volume-controller.ts';

/** The objects that a group may consist of, whatever the desired state says now. The one that must go first in a deletion comes first. */
export function groupRefs(group: ManifestGroup, { id }: Pick<Cluster, 'id'>): readonly ObjectRef[] {
  const named = (apiVersion: string, kind: string, name: string): ObjectRef => ({
    apiVersion,
    kind,
    name,
    namespace: id,
  });
  switch (group) {
    case 'namespace':
      return [{ apiVersion: 'v1', kind: 'Namespace', name: id }];
    case 'credentials':
      return [named('v1', 'Secret', cloudsSecretName(id)), named('v1', 'Secret', cloudConfigSecretName(id))];
    case 'cluster':
      return [
        named(clusterApiVersion, 'Cluster', id),
        named(controlPlaneApiVersion, 'KamajiControlPlane', id),
        named(infrastructureApiVersion, 'OpenStackCluster', id),
        named('policy/v1', 'PodDisruptionBudget', `${id}-control-plane`),
        named('v1', 'ConfigMap', authenticationName(id)),
        named('v1', 'ConfigMap', auditName(id)),
        named('v1', 'Secret', encryptionName(id)),
      ];
    case 'cloud-controller':
      return [named('apps/v1', 'Deployment', cloudControllerName(id))];
    case 'volume-controller':
      return [named('apps/v1', 'Deployment', volumeControllerName(id))];
  }
}

const keyOfRef = (ref: ObjectRef): string => `${ref.kind}/${ref.namespace ?? ''}/${ref.name}`;

/** How what is there relates to what should be (see `Applied`). `wanted` undefined = cannot be rendered yet. Never throws. */
export async function compareApplied(
  client: KubeClient,
  wanted: readonly KubeObject[] | undefined,
  refs: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<Applied> {
  const all = new Map([...refs, ...(wanted ?? []).map(refOf)].map((ref) => [keyOfRef(ref), ref]));
  let live: ReadonlyMap<string, KubeObject | undefined>;
  try {
    const found = [...all].map(async ([key, ref]) => [key, await client.find(ref, { signal })] as const);
    live = new Map(await Promise.all(found));
  } catch {
    return 'unknown';
  }
  const existing = [...live.values()].filter((object) => object !== undefined);
  // Nothing wanted (volumes in a cloud without block storage) and nothing there.
  if (existing.length === 0) return wanted?.length === 0 ? 'current' : 'absent';
  if (existing.some((object) => object.metadata.deletionTimestamp !== undefined)) return 'deleting';
  if (wanted === undefined) return 'outdated';
  const current = wanted.every((object) => {
    const found = live.get(keyOfRef(refOf(object)));
    return found !== undefined && isCurrent(object, found);
  });
  // More than is wanted (the disruption budget of a cluster that is not HA any more) is outdated too.
  return current && existing.length === wanted.length ? 'current' : 'outdated';
}
