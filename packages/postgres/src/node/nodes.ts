import type { NodeState, WorkerNode } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

export interface StoredNode extends WorkerNode {
  readonly clusterId: string;
  /** When it was seen ready for the first time. */
  readonly readyAt: Date | null;
}

/** The nodes of a cluster become exactly these. What is as it was is not written. */
export async function replaceNodes(
  db: Queryable,
  cluster: { readonly id: string; readonly projectId: string },
  nodes: readonly WorkerNode[],
): Promise<void> {
  await db.query(
    `with seen as (
       select * from jsonb_to_recordset($3) as n(name text, pool text, flavor text, state text, cause jsonb, "serverId" text, address text,
         "kubernetesVersion" text, "createdAt" timestamptz)
     ), gone as (
       delete from nodes old where cluster_id = $1 and not exists (select 1 from seen where seen.name = old.name)
     )
     insert into nodes as old (cluster_id, project_id, name, pool, flavor, state, cause, server_id, address, kubernetes_version, created_at, ready_at)
     select $1, $2, name, pool, flavor, state, nullif(cause, 'null'), "serverId", address, "kubernetesVersion", "createdAt",
       case when state = 'ready' then now() end
     from seen
     on conflict (cluster_id, name) do update set pool = excluded.pool, flavor = excluded.flavor, state = excluded.state, cause = excluded.cause,
       server_id = excluded.server_id, address = excluded.address, kubernetes_version = excluded.kubernetes_version,
       ready_at = coalesce(old.ready_at, excluded.ready_at)
     where (old.pool, old.flavor, old.state, old.cause, old.server_id, old.address, old.kubernetes_version)
       is distinct from (excluded.pool, excluded.flavor, excluded.state, excluded.cause, excluded.server_id, excluded.address,
         excluded.kubernetes_version)`,
    [cluster.id, cluster.projectId, JSON.stringify(nodes)],
  );
}

const columns = `cluster_id as "clusterId", name, pool, flavor, state, cause, server_id as "serverId", address,
  kubernetes_version as "kubernetesVersion", created_at as "createdAt", ready_at as "readyAt"`;

/** Nodes of a cluster by name, after one of them. */
export async function listNodes(
  db: Queryable,
  filter: {
    readonly clusterId: string;
    readonly pool?: string;
    readonly state?: NodeState;
    readonly limit: number;
    readonly after?: string;
  },
): Promise<readonly StoredNode[]> {
  const result = await db.query<StoredNode>(
    `select ${columns} from nodes
     where cluster_id = $1 and ($3::text is null or pool = $3) and ($4::text is null or state = $4) and ($5::text is null or name > $5)
     order by name limit $2`,
    [filter.clusterId, filter.limit, filter.pool ?? null, filter.state ?? null, filter.after ?? null],
  );
  return result.rows;
}

/** A worker shall be replaced. Answers false when there is none of that name. */
export async function requestRecycling(db: Queryable, clusterId: string, name: string): Promise<boolean> {
  const result = await db.query(
    `update nodes set recycle_requested_at = coalesce(recycle_requested_at, now()) where cluster_id = $1 and name = $2`,
    [clusterId, name],
  );
  return result.rowCount === 1;
}

export async function getNode(db: Queryable, clusterId: string, name: string): Promise<StoredNode | undefined> {
  const result = await db.query<StoredNode>(`select ${columns} from nodes where cluster_id = $1 and name = $2`, [
    clusterId,
    name,
  ]);
  return result.rows[0];
}
