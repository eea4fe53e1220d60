-- breaking: false
-- Words of the customer's own, to find clusters by. Nothing follows from them.
alter table clusters add column labels jsonb not null default '{}';
