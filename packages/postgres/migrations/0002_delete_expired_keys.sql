-- breaking: false
-- Housekeeping over all projects: row security lets kaas_api see (and so delete) the keys of one project only.

create function delete_expired_idempotency_keys() returns bigint language sql security definer set search_path = public, pg_temp as $$
  with gone as (delete from idempotency_keys where created_at < now() - interval '24 hours' returning 1)
  select count(*) from gone
$$;
revoke all on function delete_expired_idempotency_keys() from public;
grant execute on function delete_expired_idempotency_keys() to kaas_api, kaas_controller;
