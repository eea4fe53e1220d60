-- breaking: false
-- Access to customers' clusters: short-lived tokens that kaas-api signs and every control plane verifies by the published keys.
create table signing_keys (
  id text primary key,
  -- As the discovery document's key set shows it (RFC 7517).
  public_jwk jsonb not null,
  -- PKCS #8, sealed.
  private_key bytea not null,
  created_at timestamptz not null default now(),
  -- Signs nothing any more; published until the last token that it signed has ended.
  retired_at timestamptz
);
grant select, insert, update on signing_keys to kaas_api;

-- Tokens of an earlier epoch are refused by the cluster: the emergency switch.
alter table clusters add column access_epoch integer not null default 1 check (access_epoch > 0);
