-- breaking: false
-- Certificates of control planes that are made before this are made anew.
alter table clusters add column renew_before timestamptz;
-- A rotation of the authority: see packages/domain/src/certificate.
alter table clusters add column rotation_phase text check (rotation_phase in ('preparing', 'prepared', 'completing'));
alter table clusters add column rotation_since timestamptz;
alter table clusters add constraint rotation_has_a_beginning check ((rotation_phase is null) = (rotation_since is null));
-- Fingerprint of the authority that workers shall have joined under; null: the first one.
alter table clusters add column authority text;
-- As the controller has seen them.
alter table clusters add column certificates jsonb not null default '[]';
