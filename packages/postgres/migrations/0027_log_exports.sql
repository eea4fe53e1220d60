-- breaking: false
-- Logs and audit events of a control plane, sent to an address or a bucket of the customer. kaas-controller sends; `position` says up to which line of which
-- replica it has, so that each is sent at least once as long as the replica has it.
create table log_exports (
  id text primary key check (id ~ '^le-[a-z0-9]{12}$'),
  project_id text not null references projects (id),
  cluster_id text not null references clusters (id),
  kind text not null check (kind in ('http', 's3')),
  components text[] not null,
  url text not null,
  region text not null default '',
  access_key_id text not null default '',
  -- Sealed: the value of the header Authorization, or the secret access key; null: none.
  secret bytea,
  position jsonb not null default '{}',
  next_at timestamptz not null default now(),
  failures integer not null default 0,
  last_sent_at timestamptz,
  last_error text,
  created_by text not null,
  created_at timestamptz not null default now()
);
create index log_exports_by_cluster on log_exports (cluster_id, id);
create index log_exports_due on log_exports (next_at);
alter table log_exports enable row level security;
create policy api_own_project on log_exports to kaas_api using (project_id = current_project()) with check (project_id = current_project());
create policy api_token_clusters on log_exports as restrictive to kaas_api using (is_visible_cluster(cluster_id));
create policy controller_all on log_exports to kaas_controller using (true) with check (true);
grant select, insert, delete on log_exports to kaas_api;
grant select, update, delete on log_exports to kaas_controller;
