-- breaking: false
-- kaas-api asks no Kubernetes: it leaves a question here, which the controller of the cluster's management cluster answers. Lost in a crash, like the answer
-- that somebody waited for.
create unlogged table log_requests (
  id text primary key check (id ~ '^lr-[a-z0-9]{12}$'),
  project_id text not null,
  cluster_id text not null,
  component text not null,
  tail integer not null,
  since timestamptz,
  until timestamptz,
  requested_at timestamptz not null default now(),
  taken_at timestamptz,
  answered_at timestamptz,
  lines jsonb,
  truncated boolean,
  error text
);
create index log_requests_waiting on log_requests (requested_at) where taken_at is null;
alter table log_requests enable row level security;
create policy api_own_project on log_requests to kaas_api using (project_id = current_project()) with check (project_id = current_project());
create policy api_token_clusters on log_requests as restrictive to kaas_api using (is_visible_cluster(cluster_id));
create policy controller_all on log_requests to kaas_controller using (true) with check (true);
grant select, insert, delete on log_requests to kaas_api;
grant select, update, delete on log_requests to kaas_controller;
