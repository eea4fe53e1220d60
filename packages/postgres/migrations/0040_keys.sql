-- breaking: false
-- Keys of clusters that were made before this are replaced: see packages/domain/src/key.
alter table clusters add column credential_before timestamptz;
alter table clusters add column encryption_before timestamptz;
-- As the controller has seen them.
alter table clusters add column keys jsonb not null default '[]';
