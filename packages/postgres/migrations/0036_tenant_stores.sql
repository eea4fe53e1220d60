-- breaking: false
-- What the database of a control plane holds, as kaas-controller saw it last.
create table tenant_stores (
  cluster_id text primary key references clusters (id),
  project_id text not null references projects (id),
  bytes bigint not null,
  row_estimate bigint not null,
  revision bigint not null,
  compacted_revision bigint not null,
  measured_at timestamptz not null default now()
);
alter table tenant_stores enable row level security;
create policy api_own_project on tenant_stores to kaas_api using (project_id = current_project()) with check (project_id = current_project());
create policy provider_reads_all on tenant_stores for select to kaas_api using (is_provider());
create policy api_token_clusters on tenant_stores as restrictive to kaas_api using (is_visible_cluster(cluster_id));
create policy controller_all on tenant_stores to kaas_controller using (true) with check (true);
grant select on tenant_stores to kaas_api;
grant select, insert, update, delete on tenant_stores to kaas_controller;
