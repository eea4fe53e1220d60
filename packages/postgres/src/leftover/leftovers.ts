import type { Resource, ResourceKind } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';
import { resourceRows } from '../resource/resources.ts';

export interface Leftover extends Resource {
  readonly clusterName: string;
  readonly projectName: string;
  readonly clusterDeletedAt: Date;
  readonly foundAt: Date;
  /** The customer kept it. */
  readonly kept: boolean;
  readonly removalRequestedAt: Date | null;
  /** Why it is still there. */
  readonly removalError: string | null;
  /** The cluster that shall have it. */
  readonly adopterId: string | null;
  readonly adopterName: string | null;
  readonly adoptionRequestedAt: Date | null;
  /** Why it does not have it yet. */
  readonly adoptionError: string | null;
}

/** What is left of these kinds becomes exactly this. */
export async function replaceLeftovers(
  db: Queryable,
  kinds: readonly ResourceKind[],
  resources: readonly Resource[],
): Promise<void> {
  await db.query(
    `with seen as (
       ${resourceRows('$2')}
     ), gone as (
       delete from leftovers old where kind = any($1) and not exists (select 1 from seen where seen.kind = old.kind and seen.id = old.id)
     )
     insert into leftovers as old (cluster_id, project_id, kind, id, name, status, used_by, address, size_gib, created_at)
     select * from seen
     on conflict (kind, id) do update set name = excluded.name, status = excluded.status, address = excluded.address, size_gib = excluded.size_gib
     where (old.name, old.status, old.address, old.size_gib) is distinct from (excluded.name, excluded.status, excluded.address, excluded.size_gib)`,
    [kinds, JSON.stringify(resources)],
  );
}

const columns = `l.kind, l.id, l.cluster_id as "clusterId", l.project_id as "projectId", l.name, l.status, l.used_by as "usedBy", l.address,
  l.size_gib as "sizeGib", l.created_at as "createdAt", c.name as "clusterName", c.deleted_at as "clusterDeletedAt", p.name as "projectName",
  l.found_at as "foundAt", is_kept(l.cluster_id, l.kind) as kept, l.removal_requested_at as "removalRequestedAt", l.removal_error as "removalError",
  l.adopter_id as "adopterId", a.name as "adopterName", l.adoption_requested_at as "adoptionRequestedAt", l.adoption_error as "adoptionError"`;
const joined = `leftovers l join clusters c on c.id = l.cluster_id join projects p on p.id = l.project_id
  left join clusters a on a.id = l.adopter_id`;

/** Of all projects, by kind and id, after one of them. */
export async function listLeftovers(
  db: Queryable,
  page: { readonly limit: number; readonly after?: readonly [kind: string, id: string] },
): Promise<readonly Leftover[]> {
  const result = await db.query<Leftover>(
    `select ${columns} from ${joined} where $2::text is null or (l.kind, l.id) > ($2, $3) order by l.kind, l.id limit $1`,
    [page.limit, ...(page.after ?? [null, null])],
  );
  return result.rows;
}

export async function getLeftover(db: Queryable, kind: string, id: string): Promise<Leftover | undefined> {
  const result = await db.query<Leftover>(`select ${columns} from ${joined} where l.kind = $1 and l.id = $2`, [
    kind,
    id,
  ]);
  return result.rows[0];
}

/** It shall go. Answers false when there is no such thing, or its customer kept it. */
export async function removeLeftover(db: Queryable, kind: string, id: string): Promise<boolean> {
  const result = await db.query<{ asked: boolean }>('select remove_leftover($1, $2) as asked', [kind, id]);
  return result.rows[0]?.asked ?? false;
}

/** Another cluster of its project shall have it. Answers false when there is no such thing, or no such cluster that stays. */
export async function adoptLeftover(db: Queryable, kind: string, id: string, clusterId: string): Promise<boolean> {
  const result = await db.query<{ asked: boolean }>('select adopt_leftover($1, $2, $3) as asked', [
    kind,
    id,
    clusterId,
  ]);
  return result.rows[0]?.asked ?? false;
}

/** What shall belong to another cluster. */
export async function listAdoptions(
  db: Queryable,
): Promise<readonly { readonly kind: ResourceKind; readonly id: string; readonly clusterId: string }[]> {
  const result = await db.query<{ kind: ResourceKind; id: string; clusterId: string }>(
    `select l.kind, l.id, c.id as "clusterId" from leftovers l join clusters c on c.id = l.adopter_id and c.project_id = l.project_id
     where c.deleted_at is null order by l.kind, l.id`,
  );
  return result.rows;
}

/** Why its new cluster does not have it; null: it was given. */
export async function noteAdoption(
  db: Queryable,
  { kind, id }: { readonly kind: ResourceKind; readonly id: string },
  error: string | null,
): Promise<void> {
  await db.query(
    'update leftovers set adoption_error = $3 where kind = $1 and id = $2 and adoption_error is distinct from $3',
    [kind, id, error],
  );
}

/** What shall go. */
export async function listRemovals(
  db: Queryable,
): Promise<readonly { readonly kind: ResourceKind; readonly id: string }[]> {
  const result = await db.query<{ kind: ResourceKind; id: string }>(
    'select kind, id from leftovers where removal_requested_at is not null and not is_kept(cluster_id, kind) order by kind, id',
  );
  return result.rows;
}

/** Why it could not be removed; null: it was told to go. */
export async function noteRemoval(
  db: Queryable,
  { kind, id }: { readonly kind: ResourceKind; readonly id: string },
  error: string | null,
): Promise<void> {
  await db.query(
    'update leftovers set removal_error = $3 where kind = $1 and id = $2 and removal_error is distinct from $3',
    [kind, id, error],
  );
}
