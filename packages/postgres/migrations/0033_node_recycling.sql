-- breaking: false
-- A worker that somebody wants replaced. The wish goes with the row when the worker is gone.
alter table nodes add column recycle_requested_at timestamptz;
grant update (recycle_requested_at) on nodes to kaas_api;
