-- breaking: false
-- The moment whose objects a backup holds, had back from the archive of the DataStore; null: that at which it was made.
alter table backups add column moment timestamptz;
-- Since when every moment of a DataStore can be had back; null: none can. And whether its archive takes what is written.
alter table data_stores add column archived_from timestamptz;
alter table data_stores add column archive_failing boolean not null default false;
