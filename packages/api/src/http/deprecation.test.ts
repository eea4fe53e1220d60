import { operations } from '@matryoshka/contract';
import { expect, it } from 'vitest';
import { deprecationHeaders } from './deprecation.ts';

it('tells what will go, when, and what to use', () => {
  expect(deprecationHeaders({})).toEqual({});
  expect(deprecationHeaders({ deprecated: { since: '2026-11-27' } })).toEqual({ deprecation: '@1795737600' });
  const gone = { since: '2026-11-27', sunset: '2027-11-27', use: 'cluster.list' };
  expect(deprecationHeaders({ deprecated: gone })).toEqual({
    deprecation: '@1795737600',
    sunset: 'Sat, 27 Nov 2027 00:00:00 GMT',
    link: '</v1/clusters>; rel="successor-version"',
  });
});

it('points to nothing that is not there', () => {
  for (const { deprecated } of Object.values(operations) as { deprecated?: { use?: string } }[])
    if (deprecated?.use !== undefined) expect(operations).toHaveProperty([deprecated.use]);
});
