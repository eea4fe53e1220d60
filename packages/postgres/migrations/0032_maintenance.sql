-- breaking: false
-- When the service may change a cluster by itself, and to what.
alter table clusters add column maintenance jsonb not null
  default '{"window": null, "exclusions": [], "autoUpgrade": "none"}';

-- Over all projects, for the schedule in kaas-api, which otherwise sees one project at a time.
create function clusters_to_patch() returns table (cluster_id text, project_id text, maintenance jsonb)
language sql stable security definer set search_path = public, pg_temp as $$
  select id, clusters.project_id, clusters.maintenance from clusters
  where deleted_at is null and delete_requested_at is null and phase = 'ready' and clusters.maintenance->>'autoUpgrade' = 'patch'
$$;
revoke all on function clusters_to_patch() from public;
grant execute on function clusters_to_patch() to kaas_api;
create index clusters_auto_patched on clusters (id)
  where deleted_at is null and maintenance->>'autoUpgrade' = 'patch';
