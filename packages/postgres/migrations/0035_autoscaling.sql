-- breaking: false
-- Pools whose number of workers follows what the pods need. `autoscaling`: between which bounds; `autoscaler`: what the controller remembers from one look to the next.
alter table pools add column autoscaling jsonb, add column autoscaler jsonb not null default '{}';
grant update (count, autoscaler) on pools to kaas_controller;
