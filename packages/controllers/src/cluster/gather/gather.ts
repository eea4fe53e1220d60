import {
  type Applied,
  absent,
  type Cluster,
  isQuiet,
  type Looked,
  type ManifestGroup,
  manifestGroups,
  type ObservedCluster,
  type ObservedCredential,
  present,
  repairMemory,
  restsControlPlane,
  seen,
  unknown,
} from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { errorMessage } from '@matryoshka/system';
import type { ClusterContext } from '../context.ts';
import { gatherCredentials } from '../credential.ts';
import { observeEncryption } from '../encryption/gather.ts';
import { storedEncryption } from '../encryption/keys.ts';
import { groupInput } from '../group-input.ts';
import { withoutCredentials } from '../kubeconfig.ts';
import { leftoverLoadBalancers } from '../load-balancers.ts';
import { adminKubeconfigSecretName, publicKubeconfigKey } from '../manifests/beside-control-plane.ts';
import { cloudControllerName } from '../manifests/cloud-controller.ts';
import { groupManifests } from '../manifests/index.ts';
import { volumeControllerName } from '../manifests/volume-controller.ts';
import { textAt } from '../read.ts';
import { leftoverVolumes } from '../volumes.ts';
import { compareApplied, groupRefs } from './applied.ts';
import { gatherControlPlane, gatherInfrastructure } from './control-plane.ts';
import { gatherPools } from './pools.ts';
import { hasRolledOut } from './rollout.ts';
import { gatherTenant } from './tenant.ts';

/** Reads everything about one cluster afresh. Never throws for what cannot be read: that becomes `unknown`. */
export async function gatherCluster(
  context: ClusterContext,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<ObservedCluster> {
  const deleting = cluster.deleteRequestedAt !== null;
  const kubeconfig = context.store.secret(cluster.id, 'kubeconfig');
  const encryptionKeys = storedEncryption(context, cluster.id);
  const adminKubeconfig = readAdminKubeconfig(context, cluster, signal);
  const lookedAt = gatherControlPlane(context, cluster, signal);
  const alone = lookedAt.then((found) => seen(found)?.pods.some((pod) => pod.alone) === true);
  const workers = gatherPools(context, cluster, signal);
  // Only of one that may rest, so that nothing waits for the workers of all others.
  const rests = isQuiet(cluster)
    ? Promise.all([lookedAt, workers]).then(([controlPlane, found]) =>
        restsControlPlane(cluster, { ...found, controlPlane }),
      )
    : Promise.resolve(false);
  const [
    ledger,
    repairs,
    credential,
    keys,
    applied,
    infrastructure,
    controlPlane,
    pools,
    live,
    stored,
    balancers,
    volumes,
  ] = await Promise.all([
    context.store.ledger(cluster.id),
    context.store.repairs(cluster.id, new Date(context.now().getTime() - repairMemory)),
    gatherCredential(context, cluster, signal),
    encryptionKeys,
    gatherApplied(context, cluster, { kubeconfig, alone, rests, adminKubeconfig, encryption: encryptionKeys }, signal),
    gatherInfrastructure(context.management, cluster, signal),
    lookedAt,
    workers,
    adminKubeconfig,
    kubeconfig,
    deleting ? leftoverLoadBalancers(context, cluster, signal) : Promise.resolve(absent),
    deleting ? leftoverVolumes(context, cluster, signal) : Promise.resolve(absent),
  ]);
  const plane = seen(controlPlane);
  const scales = !isQuiet(cluster) && cluster.pools.some(({ autoscaling }) => autoscaling !== null);
  const tenant = await gatherTenant(
    context,
    cluster,
    {
      kubeconfig: live,
      endpoint: plane?.endpoint ?? null,
      initialized: plane?.initialized ?? false,
      rests: await rests,
      machines: pools.machines,
      machinesKnown: pools.poolsKnown,
      autoscaler: scales ? await context.store.autoscaler(cluster.id) : undefined,
    },
    signal,
  );
  return {
    ledger,
    repairs,
    credential,
    encryption: observeEncryption(keys, plane),
    applied,
    infrastructure,
    controlPlane,
    ...pools,
    tenant,
    kubeconfig:
      stored === undefined
        ? 'absent'
        : live === undefined || withoutCredentials(live) === stored
          ? 'current'
          : 'outdated',
    leftoverLoadBalancers: balancers,
    leftoverVolumes: volumes,
  };
}

async function gatherCredential(
  context: ClusterContext,
  { id }: Cluster,
  signal: AbortSignal,
): Promise<Looked<ObservedCredential>> {
  const handedOver = async (): Promise<boolean> => {
    const names = [cloudControllerName(id), volumeControllerName(id)];
    const find = async (name: string): Promise<KubeObject | undefined> =>
      await context.management.find({ apiVersion: 'apps/v1', kind: 'Deployment', name, namespace: id }, { signal });
    // One that is not wanted (a cloud without volumes) holds nothing.
    return (await Promise.all(names.map(find))).every((found) => found === undefined || hasRolledOut(found));
  };
  try {
    const found = await gatherCredentials(context, id, handedOver, signal);
    return found === undefined ? absent : present(found);
  } catch (error) {
    return unknown(errorMessage(error));
  }
}

async function gatherApplied(
  context: ClusterContext,
  cluster: Cluster,
  reads: Pick<Parameters<typeof groupInput>[2], 'kubeconfig' | 'alone' | 'rests' | 'adminKubeconfig' | 'encryption'>,
  signal: AbortSignal,
): Promise<Readonly<Record<ManifestGroup, Applied>>> {
  const externalNetworkId = context.externalNetworkId(signal).catch(() => undefined);
  const volumeTypes = context.volumeTypes(signal).catch(() => undefined);
  const input = await groupInput(context, cluster, { ...reads, externalNetworkId, volumeTypes });
  const compared = manifestGroups.map(
    async (group) =>
      [
        group,
        await compareApplied(context.management, groupManifests(group, input), groupRefs(group, cluster), signal),
      ] as const,
  );
  return Object.fromEntries(await Promise.all(compared)) as Record<ManifestGroup, Applied>;
}

/** The administrator's kubeconfig from Kamaji's secret; undefined while there is none or it cannot be read. */
export async function readAdminKubeconfig(
  context: ClusterContext,
  { id }: Cluster,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const ref = { apiVersion: 'v1', kind: 'Secret', name: adminKubeconfigSecretName(id), namespace: id };
    const data = textAt(await context.management.find(ref, { signal }), 'data', publicKubeconfigKey);
    return data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');
  } catch (error) {
    context.log.debug({ clusterId: id, err: error }, 'kubeconfig could not be read');
    return undefined;
  }
}
