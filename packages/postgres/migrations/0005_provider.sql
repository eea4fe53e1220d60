-- breaking: false
-- Administrators of the provider look over all projects. Only what a transaction of theirs may see grows, and only for reading: what a request
-- writes belongs to one project, as before.
alter table sessions add column is_provider boolean not null default false;

create function is_provider() returns boolean language sql stable as $$ select current_setting('kaas.provider', true) = 'on' $$;

do $$
declare t text;
begin
  foreach t in array array['clusters', 'pools', 'operations', 'events', 'audit_records', 'project_quotas', 'cluster_resources'] loop
    execute format('create policy provider_reads_all on %I for select to kaas_api using (is_provider())', t);
  end loop;
end $$;
