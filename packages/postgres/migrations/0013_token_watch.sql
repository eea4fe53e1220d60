-- breaking: false
-- kaas-controller ends the tokens of users who may not do any more what their tokens may.
create policy controller_all on api_tokens to kaas_controller using (true) with check (true);
grant select, update on api_tokens to kaas_controller;
