-- breaking: false
-- What clusters used, as spans of time. Triggers write them in the transaction that changes the state they follow, so that there is no state
-- without its span and no span without its state, whatever crashes; no role of the product can write them otherwise.
alter table clusters add column ready_at timestamptz;
update clusters set ready_at = now() where phase in ('ready', 'degraded', 'updating');

create table usage_spans (
  id bigint generated always as identity primary key,
  project_id text not null references projects (id),
  cluster_id text not null references clusters (id),
  item text not null check (item in ('control-plane', 'node', 'load-balancer', 'floating-ip', 'volume', 'volume-snapshot')),
  -- Tier or flavor; empty where there are no kinds.
  sku text not null,
  resource_id text not null,
  resource_name text not null,
  -- 1, or GiB.
  quantity numeric not null check (quantity > 0),
  started_at timestamptz not null,
  ended_at timestamptz check (ended_at >= started_at)
);
create unique index usage_spans_open on usage_spans (cluster_id, item, resource_id) where ended_at is null;
create index usage_spans_by_resource on usage_spans (cluster_id, item, resource_id, ended_at);
create index usage_spans_by_project on usage_spans (project_id, started_at);
alter table usage_spans enable row level security;
create policy api_own_project on usage_spans to kaas_api using (project_id = current_project());
create policy provider_reads_all on usage_spans for select to kaas_api using (is_provider());
create policy api_token_clusters on usage_spans as restrictive to kaas_api using (is_visible_cluster(cluster_id));
create policy controller_all on usage_spans to kaas_controller using (true);
grant select on usage_spans to kaas_api, kaas_controller;

-- From now on this much is used (null: nothing). What is as before goes on. `since`: it was there before we saw it.
create function meter(of_project text, of_cluster text, of_item text, of_resource text, of_name text, of_sku text, amount numeric, since timestamptz)
returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
  running usage_spans;
  last_end timestamptz;
begin
  select * into running from usage_spans
  where cluster_id = of_cluster and item = of_item and resource_id = of_resource and ended_at is null for update;
  if found then
    if running.sku = of_sku and running.quantity = amount then return; end if;
    -- A transaction that began earlier and waited for the row must not end a span before its beginning.
    update usage_spans set ended_at = greatest(now(), started_at) where id = running.id;
  end if;
  if amount is null then return; end if;
  select max(ended_at) into last_end from usage_spans where cluster_id = of_cluster and item = of_item and resource_id = of_resource;
  insert into usage_spans (project_id, cluster_id, item, sku, resource_id, resource_name, quantity, started_at)
  values (of_project, of_cluster, of_item, of_sku, of_resource, of_name, amount,
    greatest(least(coalesce(since, now()), now()), coalesce(last_end, '-infinity')));
end $$;
revoke all on function meter(text, text, text, text, text, text, numeric, timestamptz) from public;

-- A control plane is paid for from the moment its cluster was ready until its deletion begins.
create function note_cluster_ready() returns trigger language plpgsql as $$
begin
  if new.ready_at is null and new.phase = 'ready' then new.ready_at := now(); end if;
  return new;
end $$;
create trigger clusters_ready before insert or update of phase on clusters for each row execute function note_cluster_ready();
create function meter_cluster() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform meter(new.project_id, new.id, 'control-plane', new.id, new.name, new.tier,
    case when new.ready_at is not null and new.delete_requested_at is null and new.deleted_at is null then 1 end, null);
  return null;
end $$;
create trigger clusters_meter after insert or update of phase, tier, delete_requested_at, deleted_at on clusters
  for each row execute function meter_cluster();

-- A worker from the moment it was ready until its machine is being deleted or gone.
create function meter_node() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    perform meter(old.project_id, old.cluster_id, 'node', old.name, old.name, old.flavor, null, null);
  else
    perform meter(new.project_id, new.cluster_id, 'node', new.name, new.name, new.flavor,
      case when new.ready_at is not null and new.state <> 'deleting' then 1 end, null);
  end if;
  return null;
end $$;
create trigger nodes_meter after insert or update or delete on nodes for each row execute function meter_node();

-- What Kubernetes made, from its making in OpenStack until it was seen gone.
create function meter_resource() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    perform meter(old.project_id, old.cluster_id, old.kind, old.id, old.name, '', null, null);
  else
    perform meter(new.project_id, new.cluster_id, new.kind, new.id, new.name, '', greatest(coalesce(new.size_gib, 1), 1), new.created_at);
  end if;
  return null;
end $$;
create trigger cluster_resources_meter after insert or update or delete on cluster_resources for each row execute function meter_resource();
update clusters set phase = phase;
update nodes set state = state;
update cluster_resources set name = name;

-- Prices are lists that follow each other; what was used is priced by the list of its time.
create table price_lists (
  id text primary key check (id ~ '^pl-[a-z0-9]{12}$'),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  valid_from timestamptz not null unique,
  created_by text not null,
  created_at timestamptz not null default now()
);
create table prices (
  list_id text not null references price_lists (id) on delete cascade,
  item text not null,
  -- Empty: for every kind that has no price of its own.
  sku text not null,
  per_hour numeric not null check (per_hour >= 0),
  primary key (list_id, item, sku)
);
grant select, insert, delete on price_lists, prices to kaas_api;
-- All of time: also that before the first list, which has no prices.
create view price_periods as
  select id, currency, valid_from, coalesce(lead(valid_from) over (order by valid_from), 'infinity') as valid_to from price_lists
  union all
  select null, null, '-infinity', coalesce((select min(valid_from) from price_lists), 'infinity');
create function price_of(of_list text, of_item text, of_sku text) returns numeric language sql stable as $$
  select per_hour from prices where list_id = of_list and item = of_item and sku in (of_sku, '') order by sku desc limit 1
$$;
grant select on price_periods to kaas_api;

create table budgets (
  project_id text primary key references projects (id),
  amount numeric not null check (amount > 0),
  thresholds integer[] not null,
  created_by text not null,
  updated_at timestamptz not null default now()
);
-- What was told already, so that it is told once.
create table budget_alerts (
  project_id text not null references projects (id),
  month date not null,
  basis text not null check (basis in ('spent', 'forecast')),
  threshold integer not null,
  at timestamptz not null default now(),
  primary key (project_id, month, basis, threshold)
);
do $$
declare t text;
begin
  foreach t in array array['budgets', 'budget_alerts'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy api_own_project on %I to kaas_api using (project_id = current_project()) with check (project_id = current_project())', t);
  end loop;
end $$;
grant select, insert, update, delete on budgets, budget_alerts to kaas_api;
create function projects_with_budget() returns table (project_id text)
language sql stable security definer set search_path = public, pg_temp as $$ select project_id from budgets $$;
revoke all on function projects_with_budget() from public;
grant execute on function projects_with_budget() to kaas_api;
