-- breaking: false
-- How many control planes are placed where, kept as they come and go: a creation that counted them itself did so with every other creation waiting.
create table placed_counts (
  management_cluster text not null,
  data_store text not null,
  tier text not null,
  tenants bigint not null check (tenants >= 0),
  primary key (management_cluster, data_store, tier)
);

create function count_placed() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  was constant boolean := tg_op <> 'INSERT' and old.deleted_at is null;
  is_now constant boolean := tg_op <> 'DELETE' and new.deleted_at is null;
begin
  -- A move counts in two rows. Locked in an order, so that two moves at once never wait in a circle.
  if was and is_now then
    perform 1 from placed_counts p where (p.management_cluster, p.data_store, p.tier)
      in ((old.management_cluster, old.data_store, old.tier), (new.management_cluster, new.data_store, new.tier)) order by p.management_cluster, p.data_store, p.tier for update;
  end if;
  if was then
    update placed_counts p set tenants = tenants - 1
    where (p.management_cluster, p.data_store, p.tier) = (old.management_cluster, old.data_store, old.tier);
  end if;
  if is_now then
    insert into placed_counts as p values (new.management_cluster, new.data_store, new.tier, 1)
    on conflict (management_cluster, data_store, tier) do update set tenants = p.tenants + 1;
  end if;
  return null;
end
$$;
create trigger clusters_count_inserted after insert on clusters for each row execute function count_placed();
create trigger clusters_count_deleted after delete on clusters for each row execute function count_placed();
create trigger clusters_count_updated after update of management_cluster, data_store, tier, deleted_at on clusters for each row
  when ((old.management_cluster, old.data_store, old.tier, old.deleted_at is null)
    is distinct from (new.management_cluster, new.data_store, new.tier, new.deleted_at is null))
  execute function count_placed();

insert into placed_counts select management_cluster, data_store, tier, count(*) from clusters where deleted_at is null group by 1, 2, 3;

-- As before to its callers. The table is not theirs to write.
create or replace function placed_control_planes() returns table (management_cluster text, data_store text, tier text, tenants bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select management_cluster, data_store, tier, tenants from placed_counts where tenants > 0
$$;
