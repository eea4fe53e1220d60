import { describe, expect, it } from 'vitest';
import { validateAccessSettings } from './settings.ts';

const own = 'https://kaas.example:7444';
const check = (input: unknown) =>
  validateAccessSettings(input, own).map(({ pointer, code, suggestion }) =>
    [pointer, code, ...(suggestion ? [suggestion] : [])].join(' '),
  );
const issuer = (change: object = {}) => ({
  name: 'corp',
  url: 'https://id.example.com',
  audiences: ['k8s'],
  ...change,
});

describe('the ranges that may reach the API', () => {
  it('are IPv4 ranges', () => {
    expect(check({ allowedRanges: [] })).toEqual([]);
    expect(check({ allowedRanges: ['203.0.113.0/24', '198.51.100.7/32', '0.0.0.0/0'] })).toEqual([]);
    expect(check({ allowedRanges: ['198.51.100.7', '2001:db8::/32', 'home', '10.0.0.0/33'] })).toEqual([
      '/access/allowedRanges/0 invalid_range 198.51.100.7/32',
      '/access/allowedRanges/1 invalid_range',
      '/access/allowedRanges/2 invalid_range',
      '/access/allowedRanges/3 invalid_range',
    ]);
    expect(check({ allowedRanges: Array(51).fill('10.0.0.0/8') })).toEqual(['/access/allowedRanges too_many_ranges']);
  });
});

describe('issuers of a customer', () => {
  it('are told apart by name and address, also from our own', () => {
    expect(check({ oidcIssuers: [issuer(), issuer({ name: 'b', url: 'https://b.example/realms/x' })] })).toEqual([]);
    expect(check({ oidcIssuers: [issuer(), issuer(), issuer({ name: 'own', url: own })] })).toEqual([
      '/access/oidcIssuers/1/name not_unique',
      '/access/oidcIssuers/1/url not_unique',
      '/access/oidcIssuers/2/url not_unique',
    ]);
  });

  it.each([
    'http://id.example.com',
    'https://ann@id.example.com',
    'https://id.example.com?x',
    'https://id.example.com/#a',
    'https:///x',
    'id',
  ])('have no address like %s', (url) =>
    expect(check({ oidcIssuers: [issuer({ url })] })).toEqual(['/access/oidcIssuers/0/url invalid_url']),
  );

  it.each(['', 'system:', 'kaas:', 'system:masters-of-'])('never give names that begin with %j', (prefix) => {
    expect(check({ oidcIssuers: [issuer({ usernamePrefix: prefix, groupsPrefix: prefix })] })).toEqual([
      '/access/oidcIssuers/0/usernamePrefix invalid_prefix',
      '/access/oidcIssuers/0/groupsPrefix invalid_prefix',
    ]);
  });

  it('have short plain names, and are few', () => {
    expect(check({ oidcIssuers: [issuer({ name: 'Corp' })] })).toEqual(['/access/oidcIssuers/0/name invalid_name']);
    const six = Array.from({ length: 6 }, (_, n) => issuer({ name: `n${n}`, url: `https://${n}.example` }));
    expect(check({ oidcIssuers: six })).toEqual(['/access/oidcIssuers too_many_issuers']);
    expect(check({ oidcIssuers: 'x', allowedRanges: 1 })).toEqual([]);
    expect(check(undefined)).toEqual([]);
  });
});
