-- breaking: false
-- What brings back what was wanted before an operation; null: nothing can.
alter table operations add column undo jsonb;
