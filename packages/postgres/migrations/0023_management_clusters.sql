-- breaking: false
-- Several management clusters: each has a controller, and holds the control planes that were placed in it.
create table management_clusters (
  name text primary key check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  region text not null default '',
  cordoned boolean not null default false,
  cordon_reason text,
  nodes integer not null default 0,
  -- Null until the controller has looked.
  capacity jsonb,
  reserved jsonb not null default '{"cpuMillis": 0, "memoryMib": 0, "pods": 0}',
  observed_at timestamptz,
  created_at timestamptz not null default now()
);
create table data_stores (
  management_cluster text not null references management_clusters (name) on delete cascade,
  name text not null,
  max_tenants integer,
  max_connections integer,
  max_bytes bigint,
  connections integer,
  bytes bigint,
  observed_at timestamptz not null default now(),
  primary key (management_cluster, name)
);
-- Until now there was one, which had no name.
insert into management_clusters (name) select 'default' where exists (select from clusters);
alter table clusters
  -- The defaults are for programs of the version before, while they still run.
  add column management_cluster text not null default 'default' references management_clusters (name),
  add column data_store text not null default 'default';
create index clusters_placed on clusters (management_cluster, data_store, tier) where deleted_at is null;

-- They belong to no project, and say nothing of one: whoever creates a cluster must see where there is room. What the provider is shown is asked of
-- administrators of the provider only (operation `management-cluster.list`).
grant select, update (cordoned, cordon_reason) on management_clusters to kaas_api;
grant select on data_stores to kaas_api;
grant select, insert, update, delete on management_clusters, data_stores to kaas_controller;

-- Control planes of all projects by place; row security shows one project at a time.
create function placed_control_planes() returns table (management_cluster text, data_store text, tier text, tenants bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select management_cluster, data_store, tier, count(*) from clusters where deleted_at is null group by 1, 2, 3
$$;
revoke all on function placed_control_planes() from public;
grant execute on function placed_control_planes() to kaas_api, kaas_controller;
