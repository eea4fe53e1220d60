-- breaking: false
-- Workers that were replaced because they were not well, and why. Whether a pool wants that.
alter table pools add column auto_repair boolean not null default true;

create table repairs (
  cluster_id text not null references clusters (id),
  node text not null,
  project_id text not null references projects (id),
  pool text not null,
  cause jsonb not null,
  at timestamptz not null,
  primary key (cluster_id, node)
);
create index repairs_by_time on repairs (cluster_id, at desc);
alter table repairs enable row level security;
create policy api_own_project on repairs to kaas_api using (project_id = current_project()) with check (project_id = current_project());
create policy provider_reads_all on repairs for select to kaas_api using (is_provider());
create policy api_token_clusters on repairs as restrictive to kaas_api using (is_visible_cluster(cluster_id));
create policy controller_all on repairs to kaas_controller using (true) with check (true);
grant select on repairs to kaas_api;
grant select, insert, delete on repairs to kaas_controller;
