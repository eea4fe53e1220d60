-- breaking: false
-- Audit records of a project are a chain (docs/audit.md): each has the hash of its text and of the record before it. A trigger makes the chain,
-- so that no writer can forget it; the head is kept apart, so that a cut at the end shows as well.
create table audit_heads (
  project_id text primary key,
  sequence bigint not null,
  hash bytea not null,
  updated_at timestamptz not null default now()
);
alter table audit_heads enable row level security;
create policy api_own_project on audit_heads for select to kaas_api using (project_id = current_project());
create policy provider_reads_all on audit_heads for select to kaas_api using (is_provider());
grant select on audit_heads to kaas_api;

alter table audit_records add column sequence bigint, add column previous bytea, add column payload text, add column hash bytea;

-- The text that is hashed. jsonb gives the same text for the same content.
create function audit_payload(r audit_records) returns text language sql immutable as $$
  select jsonb_build_object(
    'sequence', r.sequence, 'at', to_char(r.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'projectId', r.project_id,
    'userId', r.user_id, 'userName', r.user_name, 'action', r.action, 'resource', r.resource, 'requestId', r.request_id,
    'remoteAddress', r.remote_address, 'before', r.before, 'after', r.after)::text
$$;

create function chain_audit_record() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare head audit_heads;
begin
  insert into audit_heads (project_id, sequence, hash) values (new.project_id, 0, decode(repeat('00', 32), 'hex')) on conflict do nothing;
  -- Until the end of the transaction: records of a project are written one after the other.
  select * into head from audit_heads where project_id = new.project_id for update;
  new.sequence := head.sequence + 1;
  new.previous := head.hash;
  new.payload := audit_payload(new);
  new.hash := sha256(new.previous || convert_to(new.payload, 'UTF8'));
  update audit_heads set sequence = new.sequence, hash = new.hash, updated_at = now() where project_id = new.project_id;
  return new;
end $$;

-- What was written before there was a chain.
do $$
declare r audit_records; chained audit_records; head audit_heads;
begin
  for r in select * from audit_records order by id loop
    insert into audit_heads (project_id, sequence, hash) values (r.project_id, 0, decode(repeat('00', 32), 'hex')) on conflict do nothing;
    select * into head from audit_heads where project_id = r.project_id;
    chained := r;
    chained.sequence := head.sequence + 1;
    chained.previous := head.hash;
    chained.payload := audit_payload(chained);
    chained.hash := sha256(chained.previous || convert_to(chained.payload, 'UTF8'));
    update audit_records set sequence = chained.sequence, previous = chained.previous, payload = chained.payload, hash = chained.hash where id = r.id;
    update audit_heads set sequence = chained.sequence, hash = chained.hash where project_id = r.project_id;
  end loop;
end $$;

alter table audit_records alter column sequence set not null, alter column previous set not null, alter column payload set not null,
  alter column hash set not null;
create unique index audit_records_chain on audit_records (project_id, sequence);
drop index audit_records_by_project;
create trigger audit_chain before insert on audit_records for each row execute function chain_audit_record();
