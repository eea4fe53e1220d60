-- breaking: false
-- Written out in a query, the question whether a token is for a cluster looks to the planner as if it let one row in two hundred through: it then read
-- and sorted all clusters of a project for a page of them. As a function of its own it is asked for the rows of the page only.
create or replace function is_visible_cluster(id text) returns boolean language plpgsql stable as $$
declare
  visible constant text := coalesce(current_setting('kaas.cluster_ids', true), '');
begin
  return visible = '' or id = any (string_to_array(visible, ','));
end $$;
