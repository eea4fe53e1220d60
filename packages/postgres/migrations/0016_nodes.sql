-- breaking: false
-- The workers of clusters as kaas-controller saw them last. `ready_at`: when a worker was seen ready for the first time.
create table nodes (
  cluster_id text not null references clusters (id),
  name text not null,
  project_id text not null references projects (id),
  pool text not null,
  flavor text not null,
  state text not null check (state in ('provisioning', 'ready', 'not-ready', 'deleting')),
  cause jsonb,
  server_id text,
  address text,
  kubernetes_version text,
  created_at timestamptz not null,
  ready_at timestamptz,
  primary key (cluster_id, name)
);
alter table nodes enable row level security;
create policy api_own_project on nodes to kaas_api using (project_id = current_project()) with check (project_id = current_project());
create policy provider_reads_all on nodes for select to kaas_api using (is_provider());
create policy api_token_clusters on nodes as restrictive to kaas_api using (is_visible_cluster(cluster_id));
create policy controller_all on nodes to kaas_controller using (true) with check (true);
grant select on nodes to kaas_api;
grant select, insert, update, delete on nodes to kaas_controller;
