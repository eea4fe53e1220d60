import { answerQuestion, type Question, takeQuestions } from '@matryoshka/postgres';
import { sleep } from '@matryoshka/system';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

// The controller is played; with a real one and real pods in test/e2e.
let platform: TestPlatform;
let api: TestApi;
let token: string;
let params: { readonly clusterId: string };
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi();
  token = await platform.login(await platform.newProject(), 'operator');
  const { body } = await send(api.url, 'cluster.create', { token, body: { name: 'one' } });
  params = { clusterId: body.clusterId };
});
afterAll(async () => await platform?.stop());

const take = async (managementCluster = 'default') =>
  await takeQuestions(platform.controller, { managementCluster, limit: 8 });
async function taken(): Promise<Question> {
  for (;;) {
    const [request] = await take();
    if (request !== undefined) return request;
    await sleep(20);
  }
}
const ask = async (query: Readonly<Record<string, string>> = {}) =>
  await send(api.url, 'log.get', { token, params, query: { component: 'kube-apiserver', ...query } });
const left = async () => (await platform.controller.query('select from questions')).rowCount;

it('is a question that the controller of the cluster answers, once', async () => {
  const asked = ask({ tail: '3', since: '2026-11-27T12:00:00Z' });
  const request = await taken();
  const question = { component: 'kube-apiserver', tail: 3, since: '2026-11-27T12:00:00.000Z', until: null };
  expect(request).toMatchObject({ ...params, kind: 'log', question });
  expect(await take()).toEqual([]);
  const lines = [{ at: '2026-11-27T12:00:01.5Z', pod: 'p', text: 'a\u0000b' }];
  await answerQuestion(platform.controller, request.id, { answer: { lines, truncated: true } });
  expect((await asked).body).toEqual({ lines: [{ ...lines[0], text: 'ab' }], truncated: true });
  expect(await left()).toBe(0);
});

it('says why, when it cannot be read', async () => {
  const asked = ask();
  await answerQuestion(platform.controller, (await taken()).id, { error: 'nothing runs that would say something' });
  expect((await asked).body).toMatchObject({
    code: 'logs_unavailable',
    detail: expect.stringContaining('nothing runs'),
  });
  expect((await ask({ since: '2026-13-45T00:00:00Z' })).body.code).toBe('validation_failed');
});

it('is asked a few times at once, and of no other controller', async () => {
  const asked = Array.from({ length: 6 }, async () => await ask());
  await sleep(500);
  expect(await take('second')).toEqual([]);
  const requests = await take();
  expect(requests).toHaveLength(4);
  for (const { id } of requests)
    await answerQuestion(platform.controller, id, { answer: { lines: [], truncated: false } });
  const answers = await Promise.all(asked);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 429, 429]);
});

it('is given up after a while, and nothing is left of it', async () => {
  const hasty = await platform.startApi({ answerPatienceMs: 300 });
  const query = { component: 'audit' };
  const answer = await send(hasty.url, 'log.get', { token, params, query });
  expect(answer.body).toMatchObject({ code: 'logs_unavailable' });
  expect(await left()).toBe(0);
  await platform.asSuperuser(
    `insert into questions (id, project_id, cluster_id, kind, question, asked_at)
     values ('qu-aaaaaaaaaaaa', 'p', '${params.clusterId}', 'log', '{}', now() - interval '3 minutes')`,
  );
  expect(await take()).toEqual([]);
  expect(await left()).toBe(0);
});
