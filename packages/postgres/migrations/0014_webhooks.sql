-- breaking: false
-- Events of a project, sent to addresses of the customer. A webhook follows the events like a reader of the stream, by their numbers, so that each
-- becomes exactly one delivery; a delivery is tried until it was taken or given up.
create table webhooks (
  id text primary key check (id ~ '^wh-[a-z0-9]{12}$'),
  project_id text not null references projects (id),
  url text not null,
  description text not null default '',
  -- Null: all types.
  event_types text[],
  enabled boolean not null default true,
  disabled_reason text,
  -- Sealed. The previous one signs beside the new one until its time is over.
  secret bytea not null,
  previous_secret bytea,
  previous_until timestamptz,
  -- Events up to this number have their deliveries.
  position bigint not null,
  failing_since timestamptz,
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index webhooks_by_project on webhooks (project_id, id);

create table webhook_deliveries (
  id text primary key check (id ~ '^dl-[a-z0-9]{16}$'),
  webhook_id text not null references webhooks (id) on delete cascade,
  project_id text not null,
  -- The same for every attempt and every replay of one event.
  message_id text not null,
  -- Null for a test and for a replay.
  event_sequence bigint,
  event_type text not null,
  body text not null,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  last_status integer,
  last_error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  unique (webhook_id, event_sequence)
);
create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where state = 'pending';
create index webhook_deliveries_by_webhook on webhook_deliveries (webhook_id, created_at desc, id);

do $$
declare t text;
begin
  foreach t in array array['webhooks', 'webhook_deliveries'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy api_own_project on %I to kaas_api using (project_id = current_project()) with check (project_id = current_project())', t);
  end loop;
end $$;
grant select, insert, update, delete on webhooks, webhook_deliveries to kaas_api;

-- Row security shows one project at a time: which projects have something to do.
create function projects_with_webhook_work() returns table (project_id text)
language sql stable security definer set search_path = public, pg_temp as $$
  select w.project_id from webhooks w
  where w.enabled and exists (select from events e where e.project_id = w.project_id and e.sequence > w.position)
  union
  select d.project_id from webhook_deliveries d join webhooks w on w.id = d.webhook_id
  where w.enabled and d.state = 'pending' and d.next_attempt_at <= now()
$$;
create function delete_old_webhook_deliveries() returns bigint
language sql security definer set search_path = public, pg_temp as $$
  with gone as (delete from webhook_deliveries where finished_at < now() - interval '30 days' returning 1)
  select count(*) from gone
$$;
revoke all on function projects_with_webhook_work(), delete_old_webhook_deliveries() from public;
grant execute on function projects_with_webhook_work(), delete_old_webhook_deliveries() to kaas_api;
