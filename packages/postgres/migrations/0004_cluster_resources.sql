-- breaking: false
-- What Kubernetes made for a cluster in the customer's project (load balancers, addresses, volumes), as the controller saw it last.
create table cluster_resources (
  cluster_id text not null references clusters (id),
  project_id text not null references projects (id),
  kind text not null,
  id text not null,
  name text not null,
  status text not null,
  used_by text,
  address text,
  size_gib integer,
  created_at timestamptz,
  primary key (cluster_id, kind, id)
);
alter table cluster_resources enable row level security;
create policy api_own_project on cluster_resources to kaas_api using (project_id = current_project()) with check (project_id = current_project());
create policy controller_all on cluster_resources to kaas_controller using (true) with check (true);
grant select on cluster_resources to kaas_api;
grant select, insert, update, delete on cluster_resources to kaas_controller;
