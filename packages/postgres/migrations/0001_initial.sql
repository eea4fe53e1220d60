-- breaking: true
-- The product database: projects, clusters, operations, events, ledger, secrets. Needs the roles kaas_api and kaas_controller (prepareDatabase).

create table projects (
  id text primary key,
  name text not null,
  domain_id text,
  created_at timestamptz not null default now(),
  quota_synced_at timestamptz,
  limits jsonb not null default '{}'
);

create table sessions (
  token_hash bytea primary key,
  project_id text not null references projects (id),
  project_name text not null,
  user_id text not null,
  user_name text not null,
  projects jsonb not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz
);
create index sessions_expiry on sessions (expires_at);

create table kubernetes_versions (
  version text primary key check (version ~ '^v\d+\.\d+\.\d+$'),
  image_name text,
  image_id text,
  state text not null default 'offered' check (state in ('offered', 'deprecated', 'withdrawn')),
  is_default boolean not null default false,
  updated_at timestamptz not null default now()
);
create unique index kubernetes_versions_one_default on kubernetes_versions (is_default) where is_default;

create table flavors (
  name text primary key,
  flavor_id text not null,
  vcpus integer not null,
  ram_mib integer not null,
  disk_gib integer not null,
  updated_at timestamptz not null default now()
);

-- -1 = unlimited, as in Nova.
create table project_quotas (
  project_id text primary key references projects (id),
  cores_limit integer not null,
  cores_used integer not null,
  ram_mib_limit integer not null,
  ram_mib_used integer not null,
  instances_limit integer not null,
  instances_used integer not null,
  synced_at timestamptz not null default now()
);

create table clusters (
  id text primary key check (id ~ '^c-[a-z0-9]{10}$'),
  project_id text not null references projects (id),
  name text not null,
  kubernetes_version text not null,
  tier text not null check (tier in ('standard', 'ha')),
  node_cidr cidr not null,
  pod_cidr cidr not null,
  service_cidr cidr not null,
  generation bigint not null default 1,
  observed_generation bigint not null default 0,
  phase text not null default 'creating',
  conditions jsonb not null default '[]',
  endpoint text,
  observed_version text,
  pool_status jsonb not null default '[]',
  -- Never looked at before this moment (back-off after errors); a change of the desired state resets it.
  not_before timestamptz not null default now(),
  next_due_at timestamptz not null default now(),
  failures integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  delete_requested_at timestamptz,
  deleted_at timestamptz
);
-- A deleted cluster frees its name.
create unique index clusters_name on clusters (project_id, name) where deleted_at is null;
create index clusters_due on clusters (next_due_at) where deleted_at is null;

create table pools (
  cluster_id text not null references clusters (id),
  name text not null,
  project_id text not null references projects (id),
  flavor text not null,
  count integer not null check (count >= 0),
  labels jsonb not null default '{}',
  taints jsonb not null default '[]',
  created_at timestamptz not null default now(),
  primary key (cluster_id, name)
);

create table operations (
  id text primary key check (id ~ '^op-[a-z0-9]{12}$'),
  project_id text not null references projects (id),
  cluster_id text not null references clusters (id),
  kind text not null,
  state text not null default 'running' check (state in ('running', 'succeeded', 'failed', 'superseded')),
  -- The cluster's generation this operation made; it is done when that generation has converged.
  generation bigint not null,
  phases jsonb not null default '[]',
  percent integer not null default 0,
  message text not null default '',
  error jsonb,
  requested_by text not null,
  request_id text not null,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create index operations_by_project on operations (project_id, created_at desc, id);
create index operations_running on operations (cluster_id) where state = 'running';

-- Written before an external object is created, removed after its deletion was observed.
create table ledger (
  cluster_id text not null references clusters (id),
  kind text not null,
  name text not null,
  external_id text,
  created_at timestamptz not null default now(),
  primary key (cluster_id, kind, name)
);

-- Ciphertext only (AES-256-GCM, key outside of the database). The owner is a cluster id, or a project id for what its clusters share.
create table secrets (
  owner text not null,
  kind text not null,
  project_id text not null references projects (id),
  ciphertext bytea not null,
  updated_at timestamptz not null default now(),
  primary key (owner, kind)
);

create table audit_records (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  project_id text not null,
  user_id text not null,
  user_name text not null,
  action text not null,
  resource text not null,
  request_id text not null,
  remote_address text,
  before jsonb,
  after jsonb
);
create index audit_records_by_project on audit_records (project_id, id);

create table idempotency_keys (
  project_id text not null,
  user_id text not null,
  key text not null,
  fingerprint bytea not null,
  status integer not null,
  headers jsonb not null,
  body text not null,
  created_at timestamptz not null default now(),
  primary key (project_id, user_id, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

create table controller_leases (
  name text primary key,
  holder text not null,
  acquired_at timestamptz not null default now()
);

-- Events: `sequence` is given at commit, under a lock held until the commit is visible, so that readers who follow the sequence
-- never miss one that commits late (docs/adr/0004).
create sequence event_sequence as bigint;
create table events (
  row_id bigint generated always as identity primary key,
  sequence bigint unique,
  project_id text not null,
  cluster_id text,
  operation_id text,
  type text not null,
  data jsonb not null,
  at timestamptz not null default now()
);
create index events_by_project on events (project_id, sequence);

create function assign_event_sequence() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(7260501);
  update events set sequence = nextval('event_sequence') where row_id = new.row_id;
  if coalesce(current_setting('kaas.notify', true), '') <> 'off' then
    perform pg_notify('kaas_events', new.project_id);
  end if;
  return null;
end $$;
create constraint trigger events_sequence after insert on events
  deferrable initially deferred for each row execute function assign_event_sequence();

create function notify_due_cluster() returns trigger language plpgsql as $$
begin
  if coalesce(current_setting('kaas.notify', true), '') <> 'off' then
    perform pg_notify('kaas_clusters', new.id);
  end if;
  return null;
end $$;
create trigger clusters_due after insert or update of generation on clusters
  for each row execute function notify_due_cluster();

-- Row security: kaas_api sees the project named by `set local kaas.project_id` and nothing without it; kaas_controller sees all.
create function current_project() returns text language sql stable as $$ select nullif(current_setting('kaas.project_id', true), '') $$;

do $$
declare t text;
begin
  foreach t in array array['clusters', 'pools', 'operations', 'secrets', 'audit_records', 'idempotency_keys', 'events', 'project_quotas'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy api_own_project on %I to kaas_api using (project_id = current_project()) with check (project_id = current_project())', t);
    execute format('create policy controller_all on %I to kaas_controller using (true) with check (true)', t);
  end loop;
end $$;
-- Of all secrets, the API may read kubeconfigs only.
create policy api_kubeconfig_only on secrets as restrictive to kaas_api using (kind = 'kubeconfig') with check (false);

grant select, insert, update on projects to kaas_api, kaas_controller;
grant select, insert, update, delete on sessions to kaas_api;
grant select on kubernetes_versions, flavors, project_quotas to kaas_api;
grant select, insert, update, delete on kubernetes_versions, flavors, project_quotas, sessions to kaas_controller;
grant select, insert, update on clusters to kaas_api;
grant select, insert, update, delete on pools to kaas_api;
grant select, insert, update on operations to kaas_api;
grant select on secrets to kaas_api;
grant select, insert on audit_records to kaas_api;
grant select, insert, delete on idempotency_keys to kaas_api;
grant select, insert on events to kaas_api, kaas_controller;
grant select, update, delete on clusters, pools, operations, idempotency_keys to kaas_controller;
grant select, insert, update, delete on ledger, secrets, controller_leases to kaas_controller;
grant select, insert on audit_records to kaas_controller;
