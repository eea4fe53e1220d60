import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Answer, send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
let now = new Date();
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi({ requestsPerSecond: 2, now: () => now });
});
afterAll(async () => await platform?.stop());

const me = async (token: string): Promise<Answer> => await send(api.url, 'me.get', { token });

it('tells a caller how many requests are left, refuses more, and nobody else’s', async () => {
  const projectId = await platform.newProject();
  const [ann, bob] = [await platform.login(projectId, 'viewer'), await platform.login(projectId, 'admin')];
  const statuses: number[] = [];
  for (let n = 0; n < 12; n += 1) statuses.push((await me(ann)).status);
  expect(new Set(statuses)).toEqual(new Set([200]));
  const before = await platform.countRows();
  const refused = await send(api.url, 'cluster.create', { token: ann, body: { name: 'x' } });
  expect(refused.body).toMatchObject({ status: 429, code: 'rate_limited', actor: 'user' });
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(await platform.countRows()).toEqual(before);
  // Another session of the same person has no other bucket.
  expect((await me(await platform.login(projectId, 'viewer'))).status).toBe(429);
  const other = await me(bob);
  expect(other.headers.get('ratelimit-policy')).toBe('"caller";q=12;w=6');
  expect(other.headers.get('ratelimit')).toBe('"caller";r=11;t=1');
  now = new Date(now.getTime() + 1_000);
  expect((await me(ann)).status).toBe(200);
});
