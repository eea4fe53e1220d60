-- breaking: false
-- What the objects of a control plane take of its database (without what is free inside), what they may, and whether more was refused since they were over it.
alter table tenant_stores add column used_bytes bigint;
alter table tenant_stores add column quota_bytes bigint;
alter table tenant_stores add column frozen boolean not null default false;
