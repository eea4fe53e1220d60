-- breaking: false
-- From where, and by whom besides us, the Kubernetes API of a cluster may be reached. Null: from everywhere, and never otherwise.
alter table clusters
  add column allowed_ranges text[],
  add column oidc_issuers jsonb not null default '[]';

-- The relay of customers' issuers knows the cluster only; control planes ask it, which are in no project.
create function customer_issuer(of_cluster text, of_name text) returns jsonb
language sql stable security definer set search_path = public, pg_temp as $$
  select issuer from clusters c, jsonb_array_elements(c.oidc_issuers) issuer
  where c.id = of_cluster and c.deleted_at is null and issuer ->> 'name' = of_name
$$;
revoke all on function customer_issuer(text, text) from public;
grant execute on function customer_issuer(text, text) to kaas_api;
