import type { Migration } from '../store/index.ts';

export const migrations: readonly Migration[] = [
  {
    service: 'glance',
    version: 1,
    sql: `
      create table image (
        id text primary key, project_id text not null, name text, status text not null, visibility text not null,
        protected integer not null default 0, disk_format text, container_format text, min_disk integer not null default 0,
        min_ram integer not null default 0, size integer, virtual_size integer, checksum text, hash_value text,
        tags text not null default '[]', properties text not null default '{}', created_at text not null, updated_at text not null
      ) strict;
    `,
  },
  {
    service: 'glance',
    version: 2,
    sql: `
      create table image_member (
        image_id text not null references image (id) on delete cascade, project_id text not null, status text not null,
        created_at text not null, updated_at text not null, primary key (image_id, project_id)
      ) strict;
    `,
  },
];
