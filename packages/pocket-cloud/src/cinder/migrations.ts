import type { Migration } from '../store/index.ts';

export const migrations: readonly Migration[] = [
  {
    service: 'cinder',
    version: 1,
    sql: `
      create table volume_type (
        id text primary key, name text not null unique, description text, is_public integer not null default 1,
        extra_specs text not null default '{}'
      ) strict;
      insert into volume_type (id, name, description) values
        ('5fca0c83-ab2f-4d66-b1c9-d4e5e2f1f6a0', '__DEFAULT__', 'Default Volume Type');
      create table volume (
        id text primary key, project_id text not null, user_id text not null, name text, description text, size integer not null,
        new_size integer, type_id text not null references volume_type (id), status text not null, bootable integer not null default 0,
        read_only integer not null default 0, image_id text, snapshot_id text, source_volume_id text, image_metadata text not null default '{}',
        metadata text not null default '{}', created_at text not null, updated_at text not null
      ) strict;
      create index volume_project on volume (project_id);
      create table volume_attachment (
        id text primary key, volume_id text not null references volume (id), server_id text not null, device text not null,
        state text not null check (state in ('attaching', 'attached', 'detaching')), delete_on_termination integer not null default 0,
        tag text, attached_at text, unique (volume_id, server_id)
      ) strict;
      create index volume_attachment_server on volume_attachment (server_id);
      create table snapshot (
        id text primary key, volume_id text not null references volume (id), project_id text not null, user_id text not null, name text,
        description text, size integer not null, status text not null, metadata text not null default '{}', created_at text not null,
        updated_at text not null
      ) strict;
      create table volume_quota (
        project_id text not null, resource text not null, value integer not null, primary key (project_id, resource)
      ) strict;
    `,
  },
];
