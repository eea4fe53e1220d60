-- breaking: false
-- A deletion that will never end by itself may be ended by the provider. What was not seen to be gone stays in the ledger, under a cluster that is deleted.
alter table clusters
  add column forced_at timestamptz,
  add column forced_reason text;

-- What the provider writes belongs to the provider's project, so row security does not let it near these rows. Null: no such cluster; false: it is not being
-- deleted.
create function force_deletion(of_cluster text, why text) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare requested boolean;
begin
  select delete_requested_at is not null into requested from clusters where id = of_cluster and deleted_at is null for update;
  if requested then
    update clusters set forced_at = coalesce(forced_at, now()), forced_reason = why, not_before = now(), next_due_at = now(), generation = generation + 1
    where id = of_cluster;
  end if;
  return requested;
end $$;
create function remaining_ledger() returns table (cluster_id text, cluster_name text, project_id text, project_name text, kind text, name text,
  created_at timestamptz, forced_at timestamptz, reason text)
language sql stable security definer set search_path = public, pg_temp as $$
  select c.id, c.name, p.id, p.name, l.kind, l.name, l.created_at, c.forced_at, c.forced_reason
  from ledger l join clusters c on c.id = l.cluster_id join projects p on p.id = c.project_id
  where is_provider() and c.forced_at is not null and c.deleted_at is not null
$$;
create function dismiss_remain(of_cluster text, of_kind text, of_name text) returns boolean
language sql security definer set search_path = public, pg_temp as $$
  with gone as (
    delete from ledger l using clusters c
    where c.id = l.cluster_id and c.deleted_at is not null and l.cluster_id = of_cluster and l.kind = of_kind and l.name = of_name returning 1
  )
  select exists (select from gone)
$$;
revoke all on function force_deletion(text, text), remaining_ledger(), dismiss_remain(text, text, text) from public;
grant execute on function force_deletion(text, text), remaining_ledger(), dismiss_remain(text, text, text) to kaas_api;
