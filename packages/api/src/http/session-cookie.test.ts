import { describe, expect, it } from 'vitest';
import { authorizationOf, noSessionCookie, sessionCookie } from './session-cookie.ts';

const now = new Date('2026-11-27T12:00:00Z');
const cookie = 'theme=dark; __Host-kaas=kaas_token; x=__Host-kaas=no';
const of = (headers: Readonly<Record<string, string>>, method = 'POST') => {
  try {
    return authorizationOf({ headers, method, host: 'kaas.example:7443' });
  } catch (error) {
    return (error as { readonly code?: string }).code;
  }
};

describe('the cookie of a session', () => {
  it('is out of reach for scripts and other sites, and ends with the session', () => {
    expect(sessionCookie('t', new Date(now.getTime() + 90_500), now)).toBe(
      '__Host-kaas=t; Max-Age=90; Path=/; Secure; HttpOnly; SameSite=Strict',
    );
    expect(sessionCookie('t', new Date(0), now)).toContain('Max-Age=0;');
    expect(noSessionCookie).toMatch(/^__Host-kaas=; Max-Age=0; .*HttpOnly/);
  });

  it('counts for pages of our own', () => {
    expect(of({ cookie, 'sec-fetch-site': 'same-origin' })).toBe('Bearer kaas_token');
    expect(of({ cookie, origin: 'https://kaas.example:7443' })).toBe('Bearer kaas_token');
    expect(of({ cookie }, 'GET')).toBe('Bearer kaas_token');
    expect(of({ cookie, 'sec-fetch-site': 'none' }, 'GET')).toBe('Bearer kaas_token');
  });

  it.each<readonly [Readonly<Record<string, string>>, string]>([
    [{ 'sec-fetch-site': 'cross-site' }, 'GET'],
    [{ 'sec-fetch-site': 'same-site' }, 'POST'],
    [{ 'sec-fetch-site': 'none' }, 'POST'],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://kaas.example:7443' }, 'POST'],
    [{ origin: 'https://evil.example' }, 'POST'],
    [{ origin: 'https://kaas.example' }, 'POST'],
    [{ origin: 'null' }, 'DELETE'],
    [{}, 'POST'],
  ])('counts for nobody else: %j %s', (headers, method) => {
    expect(of({ cookie, ...headers }, method)).toBe('unauthenticated');
  });

  it('goes after the header of a program, and is asked of nobody', () => {
    expect(of({ cookie, authorization: 'Bearer other', 'sec-fetch-site': 'cross-site' })).toBe('Bearer other');
    expect(of({})).toBeUndefined();
    expect(of({ cookie: 'a__Host-kaas=x' })).toBeUndefined();
  });
});
