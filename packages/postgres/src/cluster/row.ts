import type {
  BackupSettings,
  CertificateStatus,
  Cluster,
  ClusterPhase,
  ClusterStatus,
  Condition,
  CustomerIssuer,
  HibernationSchedule,
  KeyStatus,
  MaintenanceSettings,
  Pool,
  PoolStatus,
  Restore,
  RotationPhase,
  Tier,
  VolumePolicy,
} from '@matryoshka/domain';

/** Columns of a cluster with its pools; the order of pools is by name. */
export const clusterColumns = `
  c.id, c.project_id, c.name, c.labels, c.kubernetes_version, c.tier, c.node_cidr::text, c.pod_cidr::text, c.service_cidr::text,
  c.generation, c.observed_generation, c.phase, c.conditions, c.endpoint, c.observed_version, c.pool_status,
  c.created_at, c.updated_at, c.delete_requested_at, c.volumes_on_delete, c.delete_scheduled_at,
  c.deletion_protection, c.deletion_grace_seconds, c.expires_at, c.access_epoch, c.management_cluster, c.data_store,
  c.allowed_ranges, c.oidc_issuers, c.maintenance, c.hibernated, c.hibernation_schedules, c.hibernation_decided_at, c.backup,
  (select case when d.archived_from is not null and c.ready_at is not null then greatest(d.archived_from, c.ready_at) end from data_stores d where d.management_cluster = c.management_cluster and d.name = c.data_store) as recoverable_from,
  case when c.restore_backup_id is not null then jsonb_build_object('backupId', c.restore_backup_id, 'allowed', c.restore_allowed, 'error', c.restore_error) end as restore,
  c.renew_before, c.authority, c.certificates, c.credential_before, c.encryption_before, c.keys,
  case when c.rotation_phase is not null then jsonb_build_object('phase', c.rotation_phase, 'since', to_char(c.rotation_since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) end as rotation,
  c.awaited_since, exists (select from backups b where b.cluster_id = c.id and b.reason = 'before-upgrade' and b.state in ('pending', 'running')) as awaits_backup, c.forced_at is not null as forced,
  coalesce((select jsonb_agg(jsonb_build_object('name', p.name, 'flavor', p.flavor, 'count', p.count, 'labels', p.labels,
    'taints', p.taints, 'kubernetesVersion', p.kubernetes_version, 'rollout', jsonb_build_object('maxSurge', p.max_surge,
    'maxUnavailable', p.max_unavailable, 'drainTimeoutSeconds', p.drain_timeout_seconds, 'paused', p.rollout_paused),
    'autoRepair', p.auto_repair, 'autoscaling', p.autoscaling) order by p.name) from pools p where p.cluster_id = c.id), '[]') as pools,
  array(select n.name from nodes n where n.cluster_id = c.id and n.recycle_requested_at is not null order by n.name) as recycling,
  (select jsonb_build_object('bytes', t.bytes, 'rows', t.row_estimate, 'revision', t.revision, 'compactedRevision', t.compacted_revision,
     'usedBytes', coalesce(t.used_bytes, t.bytes), 'quotaBytes', t.quota_bytes, 'frozen', t.frozen,
     'measuredAt', to_char(t.measured_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) from tenant_stores t where t.cluster_id = c.id) as store`;

export interface ClusterRow {
  readonly id: string;
  readonly project_id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly kubernetes_version: string;
  readonly tier: Tier;
  readonly node_cidr: string;
  readonly pod_cidr: string;
  readonly service_cidr: string;
  readonly generation: number;
  readonly observed_generation: number;
  readonly phase: ClusterPhase;
  readonly conditions: readonly (Omit<Condition, 'lastTransitionTime'> & { readonly lastTransitionTime: string })[];
  readonly endpoint: string | null;
  readonly observed_version: string | null;
  readonly pool_status: readonly PoolStatus[];
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly delete_requested_at: Date | null;
  readonly volumes_on_delete: VolumePolicy;
  readonly delete_scheduled_at: Date | null;
  readonly deletion_protection: boolean;
  readonly deletion_grace_seconds: number;
  readonly expires_at: Date | null;
  readonly access_epoch: number;
  readonly management_cluster: string;
  readonly data_store: string;
  readonly forced: boolean;
  readonly allowed_ranges: readonly string[] | null;
  readonly oidc_issuers: readonly CustomerIssuer[];
  readonly maintenance: MaintenanceSettings;
  readonly hibernated: boolean;
  readonly hibernation_schedules: readonly HibernationSchedule[];
  readonly hibernation_decided_at: Date;
  readonly backup: BackupSettings;
  readonly recoverable_from: Date | null;
  readonly restore: Restore | null;
  readonly awaited_since: Date;
  readonly renew_before: Date | null;
  readonly authority: string | null;
  readonly certificates: readonly CertificateStatus[];
  readonly credential_before: Date | null;
  readonly encryption_before: Date | null;
  readonly keys: readonly KeyStatus[];
  readonly rotation: { readonly phase: RotationPhase; readonly since: string } | null;
  readonly awaits_backup: boolean;
  readonly pools: readonly Pool[];
  readonly recycling: readonly string[];
  readonly store: ClusterStatus['store'];
}

export function clusterOf(row: ClusterRow): Cluster {
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    labels: row.labels,
    kubernetesVersion: row.kubernetes_version,
    tier: row.tier,
    network: { nodeCidr: row.node_cidr, podCidr: row.pod_cidr, serviceCidr: row.service_cidr },
    pools: row.pools,
    recycling: row.recycling,
    deletion: {
      protection: row.deletion_protection,
      gracePeriodSeconds: row.deletion_grace_seconds,
      expiresAt: row.expires_at,
    },
    generation: row.generation,
    observedGeneration: row.observed_generation,
    deleteRequestedAt: row.delete_requested_at,
    deleteScheduledAt: row.delete_scheduled_at,
    accessEpoch: row.access_epoch,
    forced: row.forced,
    access: { allowedRanges: row.allowed_ranges, oidcIssuers: row.oidc_issuers },
    maintenance: row.maintenance,
    hibernation: { hibernated: row.hibernated, schedules: row.hibernation_schedules },
    hibernationDecidedAt: row.hibernation_decided_at,
    backup: row.backup,
    recoverableFrom: row.recoverable_from,
    restore: row.restore,
    awaitedSince: row.awaited_since,
    renewBefore: row.renew_before,
    rotation: row.rotation === null ? null : { phase: row.rotation.phase, since: new Date(row.rotation.since) },
    authority: row.authority,
    credentialBefore: row.credential_before,
    encryptionBefore: row.encryption_before,
    awaitsBackup: row.awaits_backup,
    place: { managementCluster: row.management_cluster, dataStore: row.data_store },
    volumesOnDelete: row.volumes_on_delete,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    status: {
      phase: row.phase,
      conditions: row.conditions.map((condition) => ({
        ...condition,
        lastTransitionTime: new Date(condition.lastTransitionTime),
      })),
      endpoint: row.endpoint,
      kubernetesVersion: row.observed_version,
      pools: row.pool_status,
      store: row.store,
      certificates: row.certificates,
      keys: row.keys,
    },
  };
}
