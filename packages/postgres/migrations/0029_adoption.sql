-- breaking: false
-- A volume or snapshot that a cluster left can be given to another one of the same project. kaas-controller writes the new owner's id on it.
alter table leftovers
  add column adopter_id text references clusters (id),
  add column adoption_requested_at timestamptz,
  add column adoption_error text;

-- Answers whether there was such a thing and such a cluster. A wish to remove it is taken back.
create function adopt_leftover(of_kind text, of_id text, by_cluster text) returns boolean
language sql security definer set search_path = public, pg_temp as $$
  with asked as (
    update leftovers l set adopter_id = c.id, adoption_requested_at = case when l.adopter_id is distinct from c.id then now() else adoption_requested_at end,
      adoption_error = null, removal_requested_at = null, removal_error = null
    from clusters c
    where l.kind = of_kind and l.id = of_id and l.kind in ('volume', 'volume-snapshot')
      and c.id = by_cluster and c.project_id = l.project_id and c.deleted_at is null and c.delete_requested_at is null
    returning 1
  )
  select exists (select from asked)
$$;
-- The other way round as well: what shall go is adopted by nobody.
create or replace function remove_leftover(of_kind text, of_id text) returns boolean language sql security definer set search_path = public, pg_temp as $$
  with asked as (
    update leftovers set removal_requested_at = coalesce(removal_requested_at, now()), removal_error = null,
      adopter_id = null, adoption_requested_at = null, adoption_error = null
    where kind = of_kind and id = of_id and not is_kept(cluster_id, kind) returning 1
  )
  select exists (select from asked)
$$;
revoke all on function adopt_leftover(text, text, text) from public;
grant execute on function adopt_leftover(text, text, text) to kaas_api;
