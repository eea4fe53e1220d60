-- breaking: false
-- Whom of OpenID Connect issuers a project lets in. A session hangs on the member it was begun by, and ends with it.
create table project_members (
  id text primary key check (id ~ '^mem-[a-z0-9]{12}$'),
  project_id text not null references projects (id),
  issuer text not null,
  kind text not null check (kind in ('email', 'group', 'subject')),
  value text not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  created_by text not null,
  created_at timestamptz not null default now(),
  unique (project_id, issuer, kind, value)
);
create index project_members_by_claim on project_members (issuer, kind, value);
alter table project_members enable row level security;
create policy api_own_project on project_members to kaas_api using (project_id = current_project()) with check (project_id = current_project());
-- Update: without that right no row can be locked.
grant select, insert, update, delete on project_members to kaas_api;

alter table sessions add column member_id text references project_members (id) on delete cascade;
create index sessions_by_member on sessions (member_id) where member_id is not null;
-- No foreign key: a token that was revoked keeps its history when the member is gone.
alter table api_tokens add column member_id text;
create index api_tokens_by_member on api_tokens (member_id) where member_id is not null;

-- Whoever logs in is asked about before the project is known, so row security cannot bind this look-up; only claims that an issuer has signed find a row.
create function memberships_of(in_issuer text, in_subject text, in_email text, in_groups text[])
returns table (member_id text, project_id text, project_name text, domain_id text, role text)
language sql stable security definer set search_path = public, pg_temp as $$
  select m.id, p.id, p.name, p.domain_id, m.role from project_members m join projects p on p.id = m.project_id
  where m.issuer = in_issuer and (
    (m.kind = 'subject' and m.value = in_subject) or (m.kind = 'email' and m.value = in_email) or (m.kind = 'group' and m.value = any (in_groups)))
  order by p.name, p.id, m.id
$$;
revoke all on function memberships_of(text, text, text, text[]) from public;
grant execute on function memberships_of(text, text, text, text[]) to kaas_api;
