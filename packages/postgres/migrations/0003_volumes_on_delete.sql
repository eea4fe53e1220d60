-- breaking: false
-- What becomes of a cluster's volumes is part of the request to delete it.
alter table clusters add column volumes_on_delete text not null default 'keep' check (volumes_on_delete in ('keep', 'delete'));
