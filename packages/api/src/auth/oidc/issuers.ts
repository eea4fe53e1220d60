import { KaasError } from '@matryoshka/application';
import type { AuthMethods, OidcLogin } from '@matryoshka/contract';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { discoveryUrl, keysAddress } from '../../http/discovery.ts';

/** An OpenID Connect issuer whose people may log in. */
export interface OidcIssuer {
  /** How requests and members name it. */
  readonly name: string;
  /** How people name it. */
  readonly title: string;
  /** Issuer identifier, exactly as in its tokens. */
  readonly issuer: string;
  /** Of a public client there: without a secret, with PKCE. */
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly groupsClaim: string;
  /** How long a login is good: the issuer is not asked again. */
  readonly sessionMs: number;
  /** Members of these groups who are administrators of the provider's project administer the service. */
  readonly providerGroups: readonly string[];
}

/** What an issuer has signed about somebody. */
export interface Verified {
  readonly issuer: OidcIssuer;
  readonly subject: string;
  readonly name: string;
  /** In small letters; only when the issuer says that it is verified. */
  readonly email: string | undefined;
  readonly groups: readonly string[];
}

export interface Oidc {
  readonly methods: AuthMethods['oidc'];
  /** Throws KaasError `login_failed`, `identity_unavailable` or `validation_failed` (no such issuer). */
  verify(request: Pick<OidcLogin, 'issuer' | 'idToken'>, now: Date): Promise<Verified>;
}

// Signatures by a key pair only (RFC 8725 §3.1): with a shared secret whoever can check could also sign.
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** An ID token proves that somebody is there now. */
const oldest = '10m';
const toleranceSeconds = 30;
const fetchTimeoutMs = 10_000;
// Keys are fetched again for a token of an unknown one, but not for every wrong token that somebody sends.
const refetchMs = 2_000;
const discoveryLifeMs = 3_600_000;

/** Verifies ID tokens of these issuers (OpenID Connect Core 1.0 §3.1.3.7). Keys are fetched when they are needed, and kept. */
export function createOidc(issuers: readonly OidcIssuer[]): Oidc {
  const keys = new Map(issuers.map((issuer) => [issuer.name, keysOf(issuer.issuer)]));
  return {
    methods: issuers.map(({ name, title, issuer, clientId, scopes }) => ({
      ...{ name, title, issuer, clientId },
      scopes: [...scopes],
    })),
    verify: async (request, now) => {
      const issuer = issuers.find(({ name }) => name === request.issuer);
      const keysFor = keys.get(request.issuer);
      if (issuer === undefined || keysFor === undefined) throw unknownIssuer(request.issuer, issuers);
      try {
        const key = await keysFor(now);
        const { payload } = await jwtVerify(request.idToken, key, {
          issuer: issuer.issuer,
          audience: issuer.clientId,
          algorithms,
          maxTokenAge: oldest,
          clockTolerance: toleranceSeconds,
          currentDate: now,
          requiredClaims: ['sub', 'iat', 'exp'],
        });
        return verifiedOf(issuer, payload);
      } catch (error) {
        throw asProblem(error, issuer);
      }
    },
  };
}

function unknownIssuer(name: string, issuers: readonly OidcIssuer[]): KaasError {
  const known = issuers.map((issuer) => issuer.name);
  const message = known.length === 0 ? 'this service has none' : `must be one of ${known.join(', ')}`;
  return new KaasError('validation_failed', `There is no issuer ${name}: ${message}.`, {
    next: 'Ask GET /v1/auth/methods, or run kaas login --list.',
    violations: [{ pointer: '/issuer', code: 'unknown_issuer', message }],
  });
}

/** Finds the keys by the issuer's own document (OpenID Connect Discovery 1.0 §4), which is read again after an hour. */
function keysOf(issuer: string): (now: Date) => Promise<JWTVerifyGetKey> {
  let known: { readonly keys: JWTVerifyGetKey; readonly uri: string; readonly at: number } | undefined;
  return async (now) => {
    if (known !== undefined && now.getTime() - known.at < discoveryLifeMs) return known.keys;
    try {
      const uri = await discover(issuer);
      // The same set keeps what it has fetched.
      const keys =
        known?.uri === uri
          ? known.keys
          : createRemoteJWKSet(new URL(uri), { timeoutDuration: fetchTimeoutMs, cooldownDuration: refetchMs });
      known = { keys, uri, at: now.getTime() };
    } catch (error) {
      if (known === undefined) throw error;
    }
    return known.keys;
  };
}

async function discover(issuer: string): Promise<string> {
  const response = await fetch(discoveryUrl(issuer), {
    redirect: 'error',
    signal: AbortSignal.timeout(fetchTimeoutMs),
  });
  if (!response.ok) throw new Error(`the issuer answers ${response.status}`);
  const document: unknown = await response.json();
  if (typeof document !== 'object' || document === null) throw new Error('the document of the issuer is no object');
  return keysAddress(document as Readonly<Record<string, unknown>>, issuer);
}

function verifiedOf(issuer: OidcIssuer, payload: JWTPayload): Verified {
  const { sub = '', aud, azp, email, email_verified: isVerified, preferred_username: username, name } = payload;
  // Core §3.1.3.7 rules 4 and 5: a token for several audiences names the one that asked for it.
  if ((Array.isArray(aud) && aud.length > 1 && azp === undefined) || (azp !== undefined && azp !== issuer.clientId))
    throw new errors.JWTClaimValidationFailed('the token was given to another client', payload, 'azp', 'check_failed');
  // Core §2: at most 255 ASCII characters.
  if (!/^[\x21-\x7e]{1,255}$/.test(sub))
    throw new errors.JWTClaimValidationFailed('the subject has an impossible form', payload, 'sub', 'check_failed');
  const address = typeof email === 'string' && isVerified === true ? email.toLowerCase() : undefined;
  const groups = payload[issuer.groupsClaim];
  const names = [username, address, name, sub].filter((text) => typeof text === 'string' && text.trim() !== '');
  return {
    issuer,
    subject: sub,
    name: String(names[0]).slice(0, 255),
    email: address,
    groups: (Array.isArray(groups) ? groups : [groups]).filter((group) => typeof group === 'string'),
  };
}

function asProblem(error: unknown, { name, title }: OidcIssuer): KaasError {
  if (error instanceof KaasError) return error;
  const isOfToken = error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout);
  if (isOfToken && !/Expected 200 OK|could not be parsed|malformed/i.test(error.message))
    return new KaasError('login_failed', `The ID token is not good: ${error.message}.`, {
      next: `Log in again: kaas login --oidc ${name}.`,
      cause: error,
    });
  return new KaasError('identity_unavailable', `The identity provider ${title} does not answer properly.`, {
    cause: error,
  });
}
