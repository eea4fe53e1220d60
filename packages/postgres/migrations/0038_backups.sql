-- breaking: false
-- Copies of what the databases of control planes hold, made and read by the controller; here stands what is known of them.
create table backups (
  id text primary key check (id ~ '^b-[a-z0-9]{12}$'),
  project_id text not null references projects (id),
  cluster_id text not null references clusters (id),
  reason text not null check (reason in ('requested', 'scheduled', 'before-restore', 'before-upgrade')),
  state text not null default 'pending' check (state in ('pending', 'running', 'succeeded', 'failed', 'deleting')),
  error text,
  kubernetes_version text not null,
  revision bigint,
  keys bigint,
  bytes bigint,
  sha256 text,
  requested_by text not null,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  verified_at timestamptz,
  check (state <> 'succeeded' or (revision is not null and keys is not null and bytes is not null and sha256 is not null))
);
create index backups_by_cluster on backups (cluster_id, created_at desc);
create index backups_to_do on backups (created_at) where state in ('pending', 'running', 'deleting');
-- Asked of every cluster that is read.
create index backups_awaited on backups (cluster_id) where reason = 'before-upgrade' and state in ('pending', 'running');
alter table backups enable row level security;
create policy api_own_project on backups to kaas_api using (project_id = current_project()) with check (project_id = current_project());
create policy provider_reads_all on backups for select to kaas_api using (is_provider());
create policy api_token_clusters on backups as restrictive to kaas_api using (is_visible_cluster(cluster_id)) with check (is_visible_cluster(cluster_id));
create policy controller_all on backups to kaas_controller using (true) with check (true);
grant select, insert on backups to kaas_api;
grant update (state) on backups to kaas_api;
grant select, insert, update, delete on backups to kaas_controller;

alter table clusters add column backup jsonb not null default '{"schedule": "0 2 * * *", "timeZone": "UTC", "keep": 7}';
-- A backup shall take the place of what the cluster has; allowed once its control plane has stopped.
alter table clusters add column restore_backup_id text;
alter table clusters add column restore_requested_at timestamptz;
alter table clusters add column restore_allowed boolean not null default false;
alter table clusters add column restore_error text;
-- Since when its API may be silent without fault, because it was woken or restored.
alter table clusters add column awaited_since timestamptz not null default now();

-- Where a management cluster keeps backups, for people; null: it keeps none.
alter table management_clusters add column backup_place text;

-- Over all projects, for the schedule in kaas-api, which otherwise sees one project at a time: the last one that was made by a schedule, or when the cluster began to have it.
create function clusters_with_backups() returns table (cluster_id text, project_id text, backup jsonb, last_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select c.id, c.project_id, c.backup,
    coalesce((select max(b.created_at) from backups b where b.cluster_id = c.id and b.reason = 'scheduled'), c.created_at)
  from clusters c join management_clusters m on m.name = c.management_cluster and m.backup_place is not null
  where c.deleted_at is null and c.delete_requested_at is null and c.ready_at is not null and c.backup->>'schedule' is not null
$$;
revoke all on function clusters_with_backups() from public;
grant execute on function clusters_with_backups() to kaas_api;
