-- breaking: false
-- kaas-controller puts sealed values under a new master key; it reads and writes nothing else of these tables.
grant select (id, private_key), update (private_key) on signing_keys to kaas_controller;
grant select (id, secret, previous_secret), update (secret, previous_secret) on webhooks to kaas_controller;
create policy controller_all on webhooks to kaas_controller using (true) with check (true);
