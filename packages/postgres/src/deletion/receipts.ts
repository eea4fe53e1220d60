import { type DeletionItem, deletionItems, type VolumePolicy } from '@matryoshka/domain';
import { getCluster } from '../cluster/read-clusters.ts';
import type { Queryable } from '../database.ts';
import { listResources } from '../resource/resources.ts';

/** What a deletion deleted and kept. */
export interface DeletionReceipt {
  readonly clusterId: string;
  readonly projectId: string;
  readonly clusterName: string;
  readonly operationId: string;
  readonly requestedBy: string;
  readonly volumes: VolumePolicy;
  readonly items: readonly DeletionItem[];
  readonly beganAt: Date;
  /** Null while it is being deleted. */
  readonly finishedAt: Date | null;
}

const columns = `cluster_id as "clusterId", project_id as "projectId", cluster_name as "clusterName", operation_id as "operationId",
  requested_by as "requestedBy", volumes, items, began_at as "beganAt", finished_at as "finishedAt"`;

/** A plan names at most so many things; a cluster with more has more load balancers and volumes than a project's quota allows. */
const mostResources = 10_000;

/** Everything Kubernetes made for a cluster, as it was seen last. */
export async function allResources(db: Queryable, clusterId: string): ReturnType<typeof listResources> {
  return await listResources(db, clusterId, { limit: mostResources });
}

export async function insertReceipt(
  db: Queryable,
  receipt: Omit<DeletionReceipt, 'beganAt' | 'finishedAt'>,
): Promise<void> {
  await db.query(
    `insert into deletion_receipts (cluster_id, project_id, cluster_name, operation_id, requested_by, volumes, items)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (cluster_id) do nothing`,
    [
      receipt.clusterId,
      receipt.projectId,
      receipt.clusterName,
      receipt.operationId,
      receipt.requestedBy,
      receipt.volumes,
      JSON.stringify(receipt.items),
    ],
  );
}

/** The deletion is over. What was made after it began, and was seen, is added. Before the cluster's row loses its pools. */
export async function finishReceipt(db: Queryable, clusterId: string, now: Date): Promise<void> {
  const receipt = await getReceipt(db, clusterId);
  const cluster = await getCluster(db, clusterId);
  if (receipt === undefined || cluster === undefined) return;
  const late = deletionItems(cluster, await allResources(db, clusterId), receipt.volumes);
  const known = new Set(receipt.items.map(({ kind, id }) => `${kind}/${id}`));
  const items = [...receipt.items, ...late.filter(({ kind, id }) => !known.has(`${kind}/${id}`))];
  await db.query('update deletion_receipts set items = $2, finished_at = $3 where cluster_id = $1', [
    clusterId,
    JSON.stringify(items),
    now,
  ]);
}

export async function getReceipt(db: Queryable, clusterId: string): Promise<DeletionReceipt | undefined> {
  const result = await db.query<DeletionReceipt>(`select ${columns} from deletion_receipts where cluster_id = $1`, [
    clusterId,
  ]);
  return result.rows[0];
}

/** Newest first, before one of them. */
export async function listReceipts(
  db: Queryable,
  options: { readonly limit: number; readonly before?: { readonly beganAt: Date; readonly clusterId: string } },
): Promise<readonly DeletionReceipt[]> {
  // Times are compared in milliseconds: what a cursor can carry.
  const result = await db.query<DeletionReceipt>(
    `select ${columns} from deletion_receipts
     where $2::timestamptz is null or (date_trunc('milliseconds', began_at), cluster_id) < ($2, $3)
     order by date_trunc('milliseconds', began_at) desc, cluster_id desc limit $1`,
    [options.limit, options.before?.beganAt ?? null, options.before?.clusterId ?? null],
  );
  return result.rows;
}
