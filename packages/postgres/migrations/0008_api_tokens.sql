-- breaking: false
-- Tokens for programs: made by a person, bound to a project, with a role and perhaps to some clusters. Only their hashes are kept.
create table api_tokens (
  id text primary key check (id ~ '^tok-[a-z0-9]{12}$'),
  project_id text not null references projects (id),
  project_name text not null,
  user_id text not null,
  user_name text not null,
  name text not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  -- Null: all clusters of the project.
  cluster_ids text[],
  token_hash bytea not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_tokens_by_project on api_tokens (project_id, created_at desc, id);
alter table api_tokens enable row level security;
create policy api_own_project on api_tokens to kaas_api using (project_id = current_project()) with check (project_id = current_project());
grant select, insert, update on api_tokens to kaas_api;

-- Whoever shows the token is asked about before the project is known, so row security cannot bind this look-up; only a hash finds a row.
create function find_api_token(hash bytea) returns setof api_tokens
language sql stable security definer set search_path = public, pg_temp as $$ select * from api_tokens where token_hash = hash $$;
-- At most once a minute, so that a busy token costs no write per request.
create function touch_api_token(hash bytea) returns void
language sql security definer set search_path = public, pg_temp as $$
  update api_tokens set last_used_at = now()
  where token_hash = hash and (last_used_at is null or last_used_at < now() - interval '1 minute')
$$;
create function delete_old_api_tokens() returns bigint
language sql security definer set search_path = public, pg_temp as $$
  with gone as (delete from api_tokens where least(expires_at, revoked_at) < now() - interval '90 days' returning 1)
  select count(*) from gone
$$;
revoke all on function find_api_token(bytea), touch_api_token(bytea), delete_old_api_tokens() from public;
grant execute on function find_api_token(bytea), touch_api_token(bytea), delete_old_api_tokens() to kaas_api;

-- A token for some clusters sees nothing else, whatever operation it calls: the second setting binds beside kaas.project_id.
create function is_visible_cluster(id text) returns boolean language sql stable as $$
  select coalesce(current_setting('kaas.cluster_ids', true), '') = ''
    or id = any (string_to_array(current_setting('kaas.cluster_ids', true), ','))
$$;
create policy api_token_clusters on clusters as restrictive to kaas_api using (is_visible_cluster(id));
create policy api_token_clusters on secrets as restrictive for select to kaas_api using (is_visible_cluster(owner));
do $$
declare t text;
begin
  foreach t in array array['pools', 'operations', 'events', 'cluster_resources', 'deletion_receipts'] loop
    execute format('create policy api_token_clusters on %I as restrictive to kaas_api using (is_visible_cluster(cluster_id))', t);
  end loop;
end $$;
