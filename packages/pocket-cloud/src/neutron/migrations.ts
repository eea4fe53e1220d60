import type { Migration } from '../store/index.ts';

export const migrations: readonly Migration[] = [
  {
    service: 'neutron',
    version: 1,
    sql: `
create table neutron_object (
  sequence integer primary key autoincrement,
  kind text not null,
  id text not null,
  project_id text not null,
  document text not null,
  unique (kind, id)
) strict;
create table neutron_quota (
  project_id text not null,
  resource text not null,
  quota integer not null,
  primary key (project_id, resource)
) strict;
`,
  },
];
