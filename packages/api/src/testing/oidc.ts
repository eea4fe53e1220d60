import type { OidcIssuer } from '../auth/oidc/issuers.ts';

/** An issuer as the provider would name it in its settings. */
export function newIssuer(given: Pick<OidcIssuer, 'name' | 'issuer'> & Partial<OidcIssuer>): OidcIssuer {
  return {
    title: given.name,
    clientId: 'kaas',
    scopes: ['openid', 'email', 'profile', 'groups'],
    groupsClaim: 'groups',
    sessionMs: 3_600_000,
    providerGroups: [],
    ...given,
  };
}
