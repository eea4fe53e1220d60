-- breaking: false
-- Workers have a version of their own: the control plane goes first, pools follow when their owner says so, within the skew that Kubernetes allows.
alter table pools
  add column kubernetes_version text,
  add column max_surge integer not null default 1,
  add column max_unavailable integer not null default 0,
  add column drain_timeout_seconds integer not null default 900,
  add column rollout_paused boolean not null default false,
  add constraint pools_rollout_moves check (max_surge >= 0 and max_unavailable >= 0 and max_surge + max_unavailable > 0),
  add constraint pools_drain_timeout check (drain_timeout_seconds >= 0);

update pools p set kubernetes_version = c.kubernetes_version from clusters c where c.id = p.cluster_id;

-- For a kaas-api that is older than this and names none.
create function pool_version() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if new.kubernetes_version is null then
    select kubernetes_version into new.kubernetes_version from clusters where id = new.cluster_id;
  end if;
  return new;
end
$$;
create trigger pool_version before insert on pools for each row execute function pool_version();

alter table pools alter column kubernetes_version set not null;
