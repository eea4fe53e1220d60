import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KaasError } from '@matryoshka/application';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newIssuer } from '../../testing/oidc.ts';
import { createOidc, type Oidc } from './issuers.ts';

// Tokens that no honest issuer gives; what an honest one gives is in oidc.medium.ts.
const now = new Date('2026-11-27T12:00:00Z');
const seconds = now.getTime() / 1000;
type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let server: Server;
let issuer: string;
let oidc: Oidc;
let key: Pair;
let other: Pair;
let answers: Record<string, () => readonly [number, unknown]>;

beforeAll(async () => {
  [key, other] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
  server = createServer((request, response) => {
    const [status, body] = answers[request.url ?? '']?.() ?? [404, {}];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(async () => {
  const jwk = { ...(await exportJWK(key.publicKey)), kid: 'one', use: 'sig', alg: 'ES256' };
  answers = {
    '/.well-known/openid-configuration': () => [200, { issuer, jwks_uri: `${issuer}/keys` }],
    '/keys': () => [200, { keys: [jwk] }],
  };
  oidc = createOidc([newIssuer({ name: 'corp', issuer })]);
});

const claims = { iss: '', sub: '4711', aud: 'kaas', iat: seconds - 10, exp: seconds + 300 };
async function tokenOf(
  change: { readonly [claim: string]: unknown } = {},
  by: Pair = key,
  header: object = {},
): Promise<string> {
  const payload = { ...claims, iss: issuer, ...change };
  return await new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'one', ...header }).sign(by.privateKey);
}
const unsigned = (payload: object): string =>
  `${[{ alg: 'none' }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;

async function refusal(idToken: string): Promise<string> {
  try {
    await oidc.verify({ issuer: 'corp', idToken }, now);
    return 'taken';
  } catch (error) {
    if (!(error instanceof KaasError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

describe('an ID token', () => {
  it('is taken as the issuer signed it; an address counts only when it was verified', async () => {
    const given = { email: 'Ann@Example.com', preferred_username: 'ann', groups: ['a', 7, 'b'] };
    const verify = async (change: Readonly<Record<string, unknown>>) =>
      await oidc.verify({ issuer: 'corp', idToken: await tokenOf(change) }, now);
    expect(await verify({ ...given, email_verified: true })).toMatchObject({
      subject: '4711',
      name: 'ann',
      email: 'ann@example.com',
      groups: ['a', 'b'],
    });
    expect((await verify(given)).email).toBeUndefined();
    expect((await verify({ ...given, email_verified: 'true' })).email).toBeUndefined();
    expect(await verify({ groups: 'only' })).toMatchObject({ name: '4711', groups: ['only'] });
  });

  it.each<readonly [string, () => Promise<string>]>([
    ['of another issuer', async () => await tokenOf({ iss: 'https://evil.example' })],
    ['for another client', async () => await tokenOf({ aud: 'shop' })],
    ['for another client too, which asked for it', async () => await tokenOf({ aud: ['kaas', 'shop'], azp: 'shop' })],
    ['for several clients, of which none asked', async () => await tokenOf({ aud: ['kaas', 'shop'] })],
    ['past its end', async () => await tokenOf({ exp: seconds - 60 })],
    ['of the future', async () => await tokenOf({ iat: seconds + 600, exp: seconds + 900 })],
    ['older than a login takes', async () => await tokenOf({ iat: seconds - 700 })],
    ['not valid yet', async () => await tokenOf({ nbf: seconds + 600 })],
    ['without a subject', async () => await tokenOf({ sub: undefined })],
    ['with a subject that would not fit', async () => await tokenOf({ sub: 'a b' })],
    ['signed by somebody else', async () => await tokenOf({}, other)],
    ['signed by a key the issuer does not have', async () => await tokenOf({}, other, { kid: 'two' })],
    ['without a signature', async () => unsigned({ ...claims, iss: issuer })],
    ['that is none', async () => 'kaas'],
    [
      'with a changed claim',
      async () => {
        const [head, , signature] = (await tokenOf()).split('.');
        const payload = Buffer.from(JSON.stringify({ ...claims, iss: issuer, sub: 'root' })).toString('base64url');
        return `${head}.${payload}.${signature}`;
      },
    ],
    [
      'signed with the public key as a shared secret',
      async () => {
        const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(key.publicKey)));
        return await new SignJWT({ ...claims, iss: issuer })
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .sign(secret);
      },
    ],
  ])('%s is refused', async (_what, make) => {
    expect(await refusal(await make())).toMatch(/^login_failed: The ID token is not good/);
  });

  it('of an issuer nobody named is refused with those there are', async () => {
    await expect(oidc.verify({ issuer: 'cord', idToken: 'x' }, now)).rejects.toMatchObject({
      code: 'validation_failed',
      violations: [{ pointer: '/issuer', message: 'must be one of corp' }],
    });
  });
});

describe('an issuer', () => {
  it.each<readonly [string, () => void]>([
    ['is away', () => Object.assign(answers, { '/.well-known/openid-configuration': () => [503, {}] })],
    [
      'calls itself by another name',
      () =>
        Object.assign(answers, {
          '/.well-known/openid-configuration': () => [200, { issuer: 'x', jwks_uri: `${issuer}/keys` }],
        }),
    ],
    ['names no keys', () => Object.assign(answers, { '/.well-known/openid-configuration': () => [200, { issuer }] })],
    ['answers nonsense', () => Object.assign(answers, { '/.well-known/openid-configuration': () => [200, null] })],
    ['has lost its keys', () => Object.assign(answers, { '/keys': () => [500, {}] })],
    ['has keys that are none', () => Object.assign(answers, { '/keys': () => [200, { keys: 'many' }] })],
  ])('that %s is not taken for a wrong password', async (_what, spoil) => {
    spoil();
    expect(await refusal(await tokenOf())).toMatch(/^identity_unavailable: /);
  });

  it('that is away after it was seen still lets people in', async () => {
    expect(await refusal(await tokenOf())).toBe('taken');
    answers = {};
    expect(await refusal(await tokenOf())).toBe('taken');
  });
});
