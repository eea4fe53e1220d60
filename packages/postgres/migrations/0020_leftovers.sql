-- breaking: false
-- What clusters that are gone left in the customers' projects, as the controller saw it last. Only what carries the id of a cluster of ours, in the
-- project of that cluster, is ever in here.
create table leftovers (
  kind text not null,
  id text not null,
  cluster_id text not null references clusters (id),
  project_id text not null references projects (id),
  name text not null,
  status text not null,
  used_by text,
  address text,
  size_gib integer,
  created_at timestamptz,
  found_at timestamptz not null default now(),
  removal_requested_at timestamptz,
  removal_error text,
  primary key (kind, id)
);
alter table leftovers enable row level security;
create policy provider_reads_all on leftovers for select to kaas_api using (is_provider());
create policy controller_all on leftovers to kaas_controller using (true) with check (true);
grant select on leftovers to kaas_api;
grant select, insert, update, delete on leftovers to kaas_controller;

-- A deletion that keeps volumes keeps them for the customer: they are nobody's to remove but the customer's.
create function is_kept(of_cluster text, of_kind text) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select of_kind in ('volume', 'volume-snapshot')
    and coalesce((select volumes = 'keep' from deletion_receipts where cluster_id = of_cluster), true)
$$;
-- What the provider writes belongs to the provider's project, so row security does not let it near these rows. Answers whether there was such a row.
create function remove_leftover(of_kind text, of_id text) returns boolean language sql security definer set search_path = public, pg_temp as $$
  with asked as (
    update leftovers set removal_requested_at = coalesce(removal_requested_at, now()), removal_error = null
    where kind = of_kind and id = of_id and not is_kept(cluster_id, kind) returning 1
  )
  select exists (select from asked)
$$;
revoke all on function is_kept(text, text), remove_leftover(text, text) from public;
grant execute on function is_kept(text, text), remove_leftover(text, text) to kaas_api;
grant execute on function is_kept(text, text) to kaas_controller;
