-- breaking: false
-- One place for everything that kaas-api asks the controller of a cluster, not only logs: what is asked and answered is JSON, as of its kind. A kaas-api or
-- kaas-controller that is older than this finds its table gone, and says that the log cannot be read.
create unlogged table questions (
  id text primary key check (id ~ '^qu-[a-z0-9]{12}$'),
  project_id text not null,
  cluster_id text not null,
  kind text not null,
  question jsonb not null,
  asked_at timestamptz not null default now(),
  taken_at timestamptz,
  answered_at timestamptz,
  answer jsonb,
  error text
);
create index questions_waiting on questions (asked_at) where taken_at is null;
alter table questions enable row level security;
create policy api_own_project on questions to kaas_api using (project_id = current_project()) with check (project_id = current_project());
create policy api_token_clusters on questions as restrictive to kaas_api using (is_visible_cluster(cluster_id));
create policy controller_all on questions to kaas_controller using (true) with check (true);
grant select, insert, delete on questions to kaas_api;
grant select, update, delete on questions to kaas_controller;
drop table log_requests;
