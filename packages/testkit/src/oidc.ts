import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type JWK } from 'oidc-provider';

/** What the issuer says about somebody, besides the subject. */
export type TestClaims = Readonly<Record<string, unknown>>;

export interface TestOidc {
  readonly issuer: string;
  /** Subject → claims; may change at any time. */
  readonly people: Map<string, TestClaims>;
  /** Plays the browser of somebody who opens `url`, logs in as `subject` and agrees; answers what the last page said. */
  visit(url: string, subject: string): Promise<string>;
  /** Signs with another key from now on, as after a rotation. */
  rotate(): Promise<void>;
  stop(): Promise<void>;
}

/** A real OpenID provider on loopback with the public client `kaas`: code with PKCE, and device code. */
export async function startTestOidc(
  options: { readonly port?: number; readonly lifeSeconds?: number } = {},
): Promise<TestOidc> {
  const people = new Map<string, TestClaims>();
  const server = createServer();
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const newProvider = async (): Promise<Provider> =>
    new Provider(issuer, {
      clients: [
        {
          client_id: 'kaas',
          token_endpoint_auth_method: 'none',
          application_type: 'native',
          redirect_uris: ['http://127.0.0.1/callback'],
          grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
        },
      ],
      claims: {
        openid: ['sub'],
        email: ['email', 'email_verified'],
        profile: ['preferred_username'],
        groups: ['groups'],
      },
      // As most providers do it: the claims stand in the ID token.
      conformIdTokenClaims: false,
      features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
      ttl: { IdToken: options.lifeSeconds ?? 600 },
      jwks: { keys: [await newKey()] },
      cookies: { keys: ['test'] },
      findAccount: (_context, sub) => ({ accountId: sub, claims: async () => ({ sub, ...people.get(sub) }) }),
    });
  let provider = await newProvider();
  server.on('request', (request, response) => provider.callback()(request, response));
  return {
    issuer,
    people,
    visit: async (url, subject) => await visit(url, subject),
    rotate: async () => {
      provider = await newProvider();
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function newKey(): Promise<JWK> {
  const kind = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048 };
  const exponent = { publicExponent: new Uint8Array([1, 0, 1]) };
  const { privateKey } = await crypto.subtle.generateKey({ ...kind, ...exponent }, true, ['sign', 'verify']);
  const { key_ops: _only, ext: _no, ...jwk } = await crypto.subtle.exportKey('jwk', privateKey);
  return { ...(jwk as JWK), use: 'sig', alg: 'RS256', kid: crypto.randomUUID() };
}

/** Follows redirects and sends every form it meets, with a subject where one is asked for. */
async function visit(start: string, subject: string): Promise<string> {
  const cookies = new Map<string, string>();
  let url = start;
  let body: URLSearchParams | undefined;
  for (let step = 0; step < 20; step += 1) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    body = undefined;
    if (location !== null) {
      url = new URL(location, url).href;
      continue;
    }
    const page = await response.text();
    const form = /<form[^>]*>([\s\S]*?)<\/form>/.exec(page);
    if (form === null) return page;
    url = new URL(/action="([^"]*)"/.exec(form[0])?.[1] ?? url, url).href;
    body = new URLSearchParams();
    for (const [input] of form[0].matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(input)?.[1];
      if (name !== undefined) body.set(name, name === 'login' ? subject : (/value="([^"]*)"/.exec(input)?.[1] ?? 'x'));
    }
  }
  throw new Error(`the login does not end; last at ${url}`);
}
