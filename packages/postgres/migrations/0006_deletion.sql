-- breaking: false
-- How a cluster may end: protection, a grace period with undo, an expiration date; and what remains to be read when it has ended.
alter table clusters
  add column deletion_protection boolean not null default false,
  add column deletion_grace_seconds integer not null default 0 check (deletion_grace_seconds between 0 and 2592000),
  add column expires_at timestamptz,
  -- A deletion that was asked for and waits.
  add column delete_scheduled_at timestamptz;
create index clusters_ending on clusters (least(delete_scheduled_at, expires_at))
  where deleted_at is null and delete_requested_at is null and (delete_scheduled_at is not null or expires_at is not null);

-- An operation that waits: progress of the cluster is none of it.
alter table operations add column starts_at timestamptz;

create table deletion_receipts (
  cluster_id text primary key references clusters (id),
  project_id text not null references projects (id),
  cluster_name text not null,
  operation_id text not null references operations (id),
  requested_by text not null,
  volumes text not null check (volumes in ('keep', 'delete')),
  items jsonb not null,
  began_at timestamptz not null default now(),
  finished_at timestamptz
);
create index deletion_receipts_by_project on deletion_receipts (project_id, began_at desc, cluster_id);
alter table deletion_receipts enable row level security;
create policy api_own_project on deletion_receipts to kaas_api using (project_id = current_project()) with check (project_id = current_project());
create policy provider_reads_all on deletion_receipts for select to kaas_api using (is_provider());
create policy controller_all on deletion_receipts to kaas_controller using (true) with check (true);
grant select, insert on deletion_receipts to kaas_api;
grant select, update on deletion_receipts to kaas_controller;

-- Over all projects, for the schedule in kaas-api, which otherwise sees one project at a time.
create function clusters_to_delete(most integer) returns table (cluster_id text, project_id text)
language sql stable security definer set search_path = public, pg_temp as $$
  select id, clusters.project_id from clusters
  where deleted_at is null and delete_requested_at is null and not deletion_protection
    and least(delete_scheduled_at, expires_at) <= now()
  order by least(delete_scheduled_at, expires_at) limit most
$$;
revoke all on function clusters_to_delete(integer) from public;
grant execute on function clusters_to_delete(integer) to kaas_api;
