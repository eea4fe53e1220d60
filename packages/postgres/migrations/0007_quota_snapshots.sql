-- breaking: true
-- Everything OpenStack limits, and which cluster had taken what when it was looked at (packages/domain/src/quota). The controller fills it anew.
truncate project_quotas;
alter table project_quotas
  drop column cores_limit, drop column cores_used, drop column ram_mib_limit, drop column ram_mib_used,
  drop column instances_limit, drop column instances_used,
  add column limits jsonb not null,
  add column clusters jsonb not null;
