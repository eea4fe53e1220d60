-- breaking: false
-- How long operations take here: what a new one may be expected to need is told from the last two hundred of its kind and tier that succeeded.
alter table operations
  add column began_at timestamptz not null default now(),
  add column expected_at timestamptz,
  add column late_at timestamptz;
update operations set began_at = created_at;
create index operations_durations on operations (kind, finished_at desc) where state = 'succeeded';

-- Over all projects, and nothing but two durations: half of them took less, nineteen of twenty took less. Nothing when fewer than five are known.
create function operation_durations(wanted_kind text, wanted_tier text)
returns table (typical interval, slow interval, known bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select percentile_cont(0.5) within group (order by took), percentile_cont(0.95) within group (order by took), count(*)
  from (
    select o.finished_at - o.began_at as took from operations o join clusters c on c.id = o.cluster_id
    where o.kind = wanted_kind and o.state = 'succeeded' and c.tier = wanted_tier
    order by o.finished_at desc limit 200
  ) last
  having count(*) >= 5
$$;
revoke all on function operation_durations(text, text) from public;
grant execute on function operation_durations(text, text) to kaas_api;
