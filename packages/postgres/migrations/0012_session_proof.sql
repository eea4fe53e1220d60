-- breaking: false
-- A session ends when the login behind it does: with Keystone's own token, sealed, it is asked about again every minute.
alter table sessions
  add column proof bytea,
  add column checked_at timestamptz not null default now();
create index sessions_to_check on sessions (checked_at) where proof is not null;
