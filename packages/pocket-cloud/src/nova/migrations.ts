import type { Migration } from '../store/index.ts';

export const migrations: readonly Migration[] = [
  {
    service: 'nova',
    version: 1,
    sql: `
      create table flavor (
        id text primary key, name text not null unique, vcpus integer not null, ram integer not null, disk integer not null,
        extra_specs text not null default '{}'
      ) strict;
      insert into flavor (id, name, vcpus, ram, disk) values
        ('1', 'm1.tiny', 1, 512, 1), ('2', 'm1.small', 1, 1024, 10), ('3', 'm1.medium', 2, 2048, 20),
        ('4', 'm1.large', 2, 4096, 40), ('5', 'm1.xlarge', 4, 8192, 80);
      create table keypair (
        user_id text not null, name text not null, type text not null, public_key text not null, fingerprint text not null,
        created_at text not null, primary key (user_id, name)
      ) strict;
      create table server_group (
        id text primary key, project_id text not null, user_id text not null, name text not null, policy text not null,
        rules text not null default '{}'
      ) strict;
      create table quota (project_id text not null, resource text not null, value integer not null, primary key (project_id, resource)) strict;
      create table server (
        id text primary key, project_id text not null, user_id text not null, name text not null, hostname text not null,
        image_id text not null, flavor text not null, desired text not null check (desired in ('running', 'stopped', 'deleted')),
        reboot integer not null default 0, status text not null, task_state text, fault text, metadata text not null default '{}',
        tags text not null default '[]', user_data text, key_name text, key_data text, availability_zone text not null,
        server_group_id text, config_drive text not null default '', locked integer not null default 0,
        created_at text not null, updated_at text not null, launched_at text
      ) strict;
      create index server_project on server (project_id);
    `,
  },
  {
    service: 'nova',
    version: 2,
    sql: `
      alter table server add column pending text;
      alter table server add column old_flavor text;
      alter table server add column frozen integer not null default 0;
    `,
  },
  {
    service: 'nova',
    version: 3,
    sql: `
      create table instance_action (
        sequence integer primary key autoincrement, server_id text not null references server (id) on delete cascade,
        request_id text not null, action text not null, project_id text not null, user_id text not null, start_time text not null
      ) strict;
      create index instance_action_server on instance_action (server_id);
      alter table server add column description text;
    `,
  },
];
