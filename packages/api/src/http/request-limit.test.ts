import { KaasError } from '@matryoshka/application';
import { expect, it } from 'vitest';
import { createRequestLimit } from './request-limit.ts';

const ann = { tokenId: null, userId: 'ann', projectId: 'p' };
const start = new Date('2026-11-27T00:00:00Z').getTime();
const at = (ms: number): Date => new Date(start + ms);

it('lets a burst through, then as much as was agreed, and tells how much is left', () => {
  const limit = createRequestLimit(10);
  for (let n = 1; n <= 60; n += 1)
    expect(limit.take(ann, at(0)).ratelimit).toBe(`"caller";r=${60 - n};t=${Math.ceil(n / 10)}`);
  expect(() => limit.take(ann, at(50))).toThrow(KaasError);
  // What was refused is not counted.
  expect(limit.take(ann, at(150))['ratelimit-policy']).toBe('"caller";q=60;w=6');
  expect(() => limit.take(ann, at(150))).toThrow(/10 requests per second/);
  expect(limit.take(ann, at(60_000)).ratelimit).toBe('"caller";r=59;t=1');
});

it('counts people by project and programs by token', () => {
  const limit = createRequestLimit(1);
  const others = [
    { ...ann, userId: 'bob' },
    { ...ann, projectId: 'q' },
    { ...ann, tokenId: 'tok-a' },
    { ...ann, tokenId: 'tok-b' },
  ];
  for (let n = 0; n < 6; n += 1) limit.take(ann, at(0));
  expect(() => limit.take(ann, at(0))).toThrow();
  for (const other of others) expect(limit.take(other, at(0)).ratelimit).toContain('r=5');
});

it('is none at all for 0', () => {
  const limit = createRequestLimit(0);
  for (let n = 0; n < 1_000; n += 1) expect(limit.take(ann, at(0))).toEqual({});
});
