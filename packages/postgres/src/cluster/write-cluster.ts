import type {
  AccessSettings,
  BackupSettings,
  ClusterSpec,
  DeletionSettings,
  HibernationSettings,
  MaintenanceSettings,
  Place,
  Pool,
  Tier,
  VolumePolicy,
} from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

/** Inserts a cluster with its pools. Throws SQLSTATE 23505 when the project has one of that name. */
export async function insertCluster(
  db: Queryable,
  cluster: ClusterSpec & { readonly id: string; readonly projectId: string; readonly place: Place },
): Promise<void> {
  await db.query(
    `insert into clusters (id, project_id, name, kubernetes_version, tier, node_cidr, pod_cidr, service_cidr,
       deletion_protection, deletion_grace_seconds, expires_at, labels, management_cluster, data_store,
       allowed_ranges, oidc_issuers, maintenance, hibernation_schedules, backup)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
    [
      cluster.id,
      cluster.projectId,
      cluster.name,
      cluster.kubernetesVersion,
      cluster.tier,
      cluster.network.nodeCidr,
      cluster.network.podCidr,
      cluster.network.serviceCidr,
      cluster.deletion.protection,
      cluster.deletion.gracePeriodSeconds,
      cluster.deletion.expiresAt,
      JSON.stringify(cluster.labels),
      cluster.place.managementCluster,
      cluster.place.dataStore,
      cluster.access.allowedRanges,
      JSON.stringify(cluster.access.oidcIssuers),
      JSON.stringify(cluster.maintenance),
      JSON.stringify(cluster.hibernation.schedules),
      JSON.stringify(cluster.backup),
    ],
  );
  for (const pool of cluster.pools) await insertPool(db, cluster, pool);
}

export async function insertPool(
  db: Queryable,
  cluster: { readonly id: string; readonly projectId: string },
  pool: Pool,
): Promise<void> {
  await db.query(
    `insert into pools (cluster_id, project_id, name, flavor, count, labels, taints, kubernetes_version, max_surge, max_unavailable,
       drain_timeout_seconds, rollout_paused, auto_repair, autoscaling)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [cluster.id, cluster.projectId, pool.name, pool.flavor, pool.count, ...changeable(pool)],
  );
}

/** What of a pool may be changed, but for its size. */
function changeable({ labels, taints, kubernetesVersion, rollout, autoRepair, autoscaling }: Pool): readonly unknown[] {
  const { maxSurge, maxUnavailable, drainTimeoutSeconds, paused } = rollout;
  return [
    ...[JSON.stringify(labels), JSON.stringify(taints), kubernetesVersion],
    ...[maxSurge, maxUnavailable, drainTimeoutSeconds, paused],
    ...[autoRepair, autoscaling === null ? null : JSON.stringify(autoscaling)],
  ];
}

export async function updatePool(db: Queryable, clusterId: string, pool: Pool): Promise<void> {
  await db.query(
    `update pools set count = $3, labels = $4, taints = $5, kubernetes_version = $6, max_surge = $7, max_unavailable = $8,
       drain_timeout_seconds = $9, rollout_paused = $10, auto_repair = $11, autoscaling = $12, flavor = $13
     where cluster_id = $1 and name = $2`,
    [clusterId, pool.name, pool.count, ...changeable(pool), pool.flavor],
  );
}

export async function deletePool(db: Queryable, clusterId: string, name: string): Promise<void> {
  await db.query('delete from pools where cluster_id = $1 and name = $2', [clusterId, name]);
}

export interface ClusterChange {
  /** Instead of those there are. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly tier?: Tier;
  readonly kubernetesVersion?: string;
  readonly deletion?: DeletionSettings;
  readonly access?: AccessSettings;
  readonly maintenance?: MaintenanceSettings;
  readonly hibernation?: HibernationSettings & { readonly decidedAt: Date };
  readonly backup?: BackupSettings;
  /** This backup shall take the place of what it has; null: none shall. */
  readonly restore?: { readonly backupId: string; readonly at: Date } | null;
  /** Certificates that were made before shall be made anew. */
  readonly renewBefore?: Date;
  readonly rotation?: 'preparing' | 'completing';
  /** Keys that were made before shall be replaced. */
  readonly credentialBefore?: Date;
  readonly encryptionBefore?: Date;
  /** Credentials that were given out before are void. */
  readonly newAccessEpoch?: true;
  /** It shall go now. */
  readonly deleted?: { readonly volumes: VolumePolicy };
}

/** What is desired has changed: a new generation, due at once even during a back-off. Answers the generation. */
export async function bumpCluster(db: Queryable, clusterId: string, change: ClusterChange = {}): Promise<number> {
  const result = await db.query<{ generation: number }>(
    `update clusters set generation = generation + 1, updated_at = now(), not_before = now(), next_due_at = now(), failures = 0,
       tier = coalesce($2, tier), deletion_protection = coalesce($5, deletion_protection),
       deletion_grace_seconds = coalesce($6, deletion_grace_seconds), expires_at = case when $7 then $8 else expires_at end, phase = case when $3 then 'deleting' else phase end,
       delete_requested_at = case when $3 then coalesce(delete_requested_at, now()) else delete_requested_at end,
       volumes_on_delete = coalesce($4, volumes_on_delete), access_epoch = access_epoch + case when $9 then 1 else 0 end,
       labels = coalesce($10, labels), allowed_ranges = case when $11 then $12 else allowed_ranges end,
       oidc_issuers = coalesce($13, oidc_issuers), kubernetes_version = coalesce($14, kubernetes_version), maintenance = coalesce($15, maintenance),
       hibernated = coalesce($16, hibernated), hibernation_schedules = coalesce($17, hibernation_schedules),
       hibernation_decided_at = coalesce($18, hibernation_decided_at), awaited_since = coalesce($18, awaited_since), backup = coalesce($19, backup),
       restore_backup_id = case when $20 then $21 else restore_backup_id end, restore_requested_at = case when $20 then $22 else restore_requested_at end,
       restore_allowed = restore_allowed and not $20, restore_error = case when $20 then null else restore_error end,
       renew_before = coalesce($23, renew_before), rotation_phase = coalesce($24, rotation_phase), rotation_since = case when $24::text is null then rotation_since else now() end,
       credential_before = coalesce($25, credential_before), encryption_before = coalesce($26, encryption_before), delete_scheduled_at = case when $3 then null else delete_scheduled_at end
     where id = $1 returning generation`,
    [
      clusterId,
      change.tier ?? null,
      change.deleted !== undefined,
      change.deleted?.volumes ?? null,
      change.deletion?.protection ?? null,
      change.deletion?.gracePeriodSeconds ?? null,
      change.deletion !== undefined,
      change.deletion?.expiresAt ?? null,
      change.newAccessEpoch ?? false,
      change.labels === undefined ? null : JSON.stringify(change.labels),
      change.access !== undefined,
      change.access?.allowedRanges ?? null,
      change.access === undefined ? null : JSON.stringify(change.access.oidcIssuers),
      change.kubernetesVersion ?? null,
      change.maintenance === undefined ? null : JSON.stringify(change.maintenance),
      change.hibernation?.hibernated ?? null,
      change.hibernation === undefined ? null : JSON.stringify(change.hibernation.schedules),
      change.hibernation?.decidedAt ?? null,
      change.backup === undefined ? null : JSON.stringify(change.backup),
      change.restore !== undefined,
      change.restore?.backupId ?? null,
      change.restore?.at ?? null,
      change.renewBefore ?? null,
      change.rotation ?? null,
      change.credentialBefore ?? null,
      change.encryptionBefore ?? null,
    ],
  );
  const row = result.rows[0];
  if (row === undefined) throw new Error(`cluster ${clusterId} vanished`);
  return row.generation;
}
