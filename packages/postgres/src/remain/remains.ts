import type { LedgerKind } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

/** What a deletion that the provider ended did not see gone. */
export interface Remain {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly projectId: string;
  readonly projectName: string;
  readonly kind: LedgerKind;
  readonly name: string;
  readonly createdAt: Date;
  readonly forcedAt: Date;
  readonly reason: string;
}

/** Ends a deletion at the controller's next look. Undefined: there is no such cluster; false: it is not being deleted. */
export async function forceDeletion(db: Queryable, clusterId: string, reason: string): Promise<boolean | undefined> {
  const { rows } = await db.query<{ forced: boolean | null }>('select force_deletion($1, $2) as forced', [
    clusterId,
    reason,
  ]);
  return rows[0]?.forced ?? undefined;
}

/** Of all projects, for a transaction that sees the fleet; by cluster, kind and name, after one of them. */
export async function listRemains(
  db: Queryable,
  page: { readonly limit: number; readonly after?: readonly [clusterId: string, kind: string, name: string] },
): Promise<readonly Remain[]> {
  const { rows } = await db.query<Remain>(
    `select cluster_id as "clusterId", cluster_name as "clusterName", project_id as "projectId", project_name as "projectName", kind, name,
       created_at as "createdAt", forced_at as "forcedAt", reason
     from remaining_ledger() where $2::text is null or (cluster_id, kind, name) > ($2, $3, $4)
     order by cluster_id, kind, name limit $1`,
    [page.limit, ...(page.after ?? [null, null, null])],
  );
  return rows;
}

/** Somebody has seen that it is gone. Answers false when it is not one that remains. */
export async function dismissRemain(
  db: Queryable,
  { clusterId, kind, name }: Pick<Remain, 'clusterId' | 'kind' | 'name'>,
): Promise<boolean> {
  const { rows } = await db.query<{ gone: boolean }>('select dismiss_remain($1, $2, $3) as gone', [
    clusterId,
    kind,
    name,
  ]);
  return rows[0]?.gone ?? false;
}
