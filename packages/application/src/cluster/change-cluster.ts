import { isDeepStrictEqual } from 'node:util';
import type { ClusterPatch } from '@matryoshka/contract';
import {
  type HibernationSettings,
  type Operation,
  type OperationKind,
  type Violation,
  validateClusterChange,
  validateDeletionSettings,
  validateMaintenance,
} from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
import { refuseRestoring } from '../backup/restore-backup.ts';
import { backupSettingsOf, validateBackupSettings } from '../backup/settings.ts';
import { refuseRotating } from '../certificate/refusals.ts';
import { accessSettingsOf, checkAccess } from '../cluster-access/settings.ts';
import { settingsOf } from '../deletion/settings.ts';
import { mergeViolations, refuseViolations } from '../errors.ts';
import { refuseAsleep, refuseSleep } from '../hibernation/refusals.ts';
import { hibernationOf, validateHibernation } from '../hibernation/settings.ts';
import { maintenanceOf } from '../maintenance/settings.ts';
import { refuseWithoutRoom } from '../management-cluster/place.ts';
import type { WriteTransaction } from '../store.ts';
import { readCatalogue } from './limits.ts';
import { clusterForChange, type IfMatch, recordChange } from './record-change.ts';

/** Changes the version, the tier, the labels, who may reach the cluster, whether it sleeps, when the service may change it by itself, or how it may end. */
export async function updateCluster(
  tx: WriteTransaction,
  caller: Caller,
  input: {
    readonly clusterId: string;
    readonly body: ClusterPatch;
    readonly shape: readonly Violation[];
    readonly ifMatch: IfMatch;
    readonly issuerUrl: string;
    readonly now: Date;
  },
): Promise<Operation> {
  const { body, now } = input;
  const cluster = await clusterForChange(tx, input.clusterId, input.ifMatch);
  // A body that is no object is told by its shape.
  const wanted: unknown = body?.deletion;
  const { catalogue } = body?.kubernetesVersion === undefined ? {} : await readCatalogue(tx);
  const rules = [
    ...validateClusterChange(body, cluster, catalogue),
    ...validateDeletionSettings(wanted, cluster.deletion, now),
    ...validateMaintenance(body?.maintenance),
    ...validateHibernation(body?.hibernation, now),
    ...validateBackupSettings(body?.backup, now),
    ...checkAccess(body?.access, input.issuerUrl, cluster.access),
  ];
  refuseViolations(mergeViolations(input.shape, rules));
  if (body.tier !== undefined) await refuseWithoutRoom(tx, cluster, body.tier);
  const { tier, labels, deletion, access, maintenance, kubernetesVersion } = cluster;
  const wantedBefore = { tier, labels, deletion, access, maintenance };
  const isUpgrade = body.kubernetesVersion !== undefined && body.kubernetesVersion !== kubernetesVersion;
  const hibernation = hibernationOf(body.hibernation, cluster.hibernation);
  const turns = hibernation.hibernated !== cluster.hibernation.hibernated;
  if (isUpgrade || turns) {
    refuseRestoring(cluster);
    refuseRotating(cluster);
  }
  if (isUpgrade && (turns || hibernation.hibernated)) refuseAsleep(cluster);
  if (turns && hibernation.hibernated) refuseSleep(cluster);
  // The upgrade waits for it; one that fails does not keep a cluster from its patches.
  if (isUpgrade && (await tx.backupPlace(cluster.place.managementCluster)) !== null)
    await tx.insertBackup(cluster, { reason: 'before-upgrade', requestedBy: caller.userName, at: now });
  const generation = await tx.bumpCluster(cluster.id, {
    ...(body.tier === undefined ? {} : { tier: body.tier }),
    ...(body.labels === undefined ? {} : { labels: body.labels }),
    ...(isUpgrade ? { kubernetesVersion: body.kubernetesVersion } : {}),
    ...(body.access === undefined ? {} : { access: accessSettingsOf(body.access, cluster.access) }),
    ...(body.maintenance === undefined ? {} : { maintenance: maintenanceOf(body.maintenance, maintenance) }),
    ...(isDeepStrictEqual(hibernation, cluster.hibernation) ? {} : { hibernation: { ...hibernation, decidedAt: now } }),
    ...(body.backup === undefined ? {} : { backup: backupSettingsOf(body.backup, cluster.backup) }),
    ...(body.deletion === undefined ? {} : { deletion: settingsOf(body.deletion, cluster.deletion) }),
  });
  return await recordChange(tx, caller, {
    kind: isUpgrade ? 'cluster.upgrade' : turns ? turnKind(hibernation) : 'cluster.update',
    clusterId: cluster.id,
    generation,
    message: 'accepted',
    event: 'cluster.updated',
    before: { ...wantedBefore, kubernetesVersion, hibernation: cluster.hibernation, backup: cluster.backup },
    after: input.body,
    // A control plane that began to run a new version has no way back.
    ...(isUpgrade
      ? {}
      : {
          undo: {
            kind: 'restore-cluster',
            ...wantedBefore,
            ...(body.hibernation === undefined ? {} : { hibernation: cluster.hibernation }),
            ...(body.backup === undefined ? {} : { backup: cluster.backup }),
          },
        }),
  });
}

const turnKind = ({ hibernated }: HibernationSettings): OperationKind =>
  hibernated ? 'cluster.hibernate' : 'cluster.wake';
