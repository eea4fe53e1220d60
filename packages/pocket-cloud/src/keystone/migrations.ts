import type { Migration } from '../store/index.ts';

export const migrations: readonly Migration[] = [
  {
    service: 'keystone',
    version: 1,
    sql: `
      create table domain (
        id text primary key, name text not null unique, description text not null default '',
        enabled integer not null default 1
      ) strict;
      create table project (
        id text primary key, domain_id text not null references domain, name text not null,
        description text not null default '', enabled integer not null default 1, parent_id text,
        tags text not null default '[]', unique (domain_id, name)
      ) strict;
      create table user (
        id text primary key, domain_id text not null references domain, name text not null,
        password_hash text, description text, email text, enabled integer not null default 1,
        default_project_id text, unique (domain_id, name)
      ) strict;
      create table role (id text primary key, name text not null unique, description text) strict;
      create table role_assignment (
        role_id text not null references role on delete cascade,
        user_id text not null references user on delete cascade,
        target_type text not null check (target_type in ('project', 'domain', 'system')),
        target_id text not null,
        primary key (role_id, user_id, target_type, target_id)
      ) strict;
      create table application_credential (
        id text primary key, user_id text not null references user on delete cascade,
        project_id text not null references project on delete cascade, name text not null,
        description text, secret_hash text not null, role_ids text not null, unrestricted integer not null,
        expires_at text, access_rules text, unique (user_id, name)
      ) strict;
      create table token (
        hash text primary key, user_id text not null references user on delete cascade,
        scope_type text check (scope_type in ('project', 'domain', 'system')), scope_id text,
        methods text not null, audit_ids text not null, issued_at text not null, expires_at text not null,
        application_credential_id text references application_credential on delete cascade
      ) strict;
      create index token_expiry on token (expires_at);
    `,
  },
];
