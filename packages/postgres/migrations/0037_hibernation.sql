-- breaking: false
-- Clusters that sleep: no workers, no control plane; what lies in databases and in OpenStack stays.
alter table clusters add column hibernated boolean not null default false;
alter table clusters add column hibernation_schedules jsonb not null default '[]';
-- When somebody, or a schedule, last said whether it shall sleep, or when it shall.
alter table clusters add column hibernation_decided_at timestamptz not null default now();

-- Over all projects, for the schedule in kaas-api, which otherwise sees one project at a time.
create function clusters_with_hibernation() returns table (cluster_id text, project_id text, hibernated boolean, schedules jsonb, decided_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select id, clusters.project_id, clusters.hibernated, hibernation_schedules, hibernation_decided_at from clusters
  where deleted_at is null and delete_requested_at is null and hibernation_schedules <> '[]'
$$;
revoke all on function clusters_with_hibernation() from public;
grant execute on function clusters_with_hibernation() to kaas_api;
create index clusters_with_schedules on clusters (id) where deleted_at is null and hibernation_schedules <> '[]';

-- A control plane that does not run is not paid for.
create or replace function meter_cluster() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform meter(new.project_id, new.id, 'control-plane', new.id, new.name, new.tier,
    case when new.ready_at is not null and new.phase <> 'hibernated' and new.delete_requested_at is null and new.deleted_at is null then 1 end, null);
  return null;
end $$;
