import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerQuestions, send, startTestPlatform, type TestApi, type TestPlatform } from '@matryoshka/api/testing';
import { openApiDocument } from '@matryoshka/contract';
import { pythonProgram } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

// Requests that nobody would write: every operation of the document with generated values, good and bad, one by one and in sequences. No answer may be
// a failure of ours, one that the document does not know, or a success for what it forbids. KAAS_FUZZ_SECONDS makes it search longer,
// KAAS_FUZZ_SEED elsewhere.

const seconds = Number(process.env.KAAS_FUZZ_SECONDS ?? '40');
/** The same requests in every run, so that a change of the code is what makes it fail. */
const seed = process.env.KAAS_FUZZ_SEED ?? '1';
let platform: TestPlatform;
let api: TestApi;
let token: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaas-fuzz-'));
  platform = await startTestPlatform();
  api = await platform.startApi({
    loginLimit: { burst: 1_000_000 },
    webhooks: { intervalMs: 3_600_000 },
  });
  const endAnswers = answerQuestions(platform);
  platform.defer(async () => endAnswers());
  const projectId = await platform.newProject();
  const expiresAt = new Date(Date.now() + 86_400_000);
  token = await platform.login(projectId, 'admin', { expiresAt, isProvider: true });
  const body = { name: 'demo', pools: [{ name: 'workers', flavor: 'm1.small', count: 1 }] };
  await send(api.url, 'cluster.create', { token, body });
  await send(api.url, 'webhook.create', { token, body: { url: 'https://example.com/' } });
});
afterAll(async () => {
  await platform?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Statuses with which a request may be refused before its body is looked at. */
const refusals = ['400', '401', '403', '404', '405', '409', '412', '413', '415', '422', '429'];

it('finds no answer that should not be', { timeout: (seconds + 300) * 1000 }, async () => {
  const document = join(folder, 'openapi.json');
  await writeFile(document, JSON.stringify(openApiDocument()));
  const settings = join(folder, 'schemathesis.toml');
  await writeFile(settings, `[checks.negative_data_rejection]\nexpected-statuses = ${JSON.stringify(refusals)}\n`);
  const excluded = [
    // Would end the session of the run; a stream has no end; there is no Keystone; would leave no room for clusters, which is a 503.
    ...['auth.logout', 'event.stream', 'auth.login', 'auth.browser-login', 'management-cluster.cordon'].flatMap(
      (id) => ['--exclude-operation-id', id],
    ),
    // What a schema cannot say (names that are taken, quotas) is refused, and a cluster that was deleted is there until it is gone.
    ...['--checks', 'all', '--exclude-checks', 'positive_data_acceptance,use_after_free'],
  ];
  const child = spawn(
    // Pinned: another version makes other requests.
    await pythonProgram({ requirement: 'schemathesis', version: '4.32.5', program: 'schemathesis' }),
    [
      ...['--config-file', settings, 'run', document, '--url', api.url, '--header', `Authorization: Bearer ${token}`],
      ...[
        ...excluded,
        '--workers',
        '2',
        '--request-timeout',
        '20',
        '--max-time',
        String(seconds),
        '--seed',
        seed,
        '--no-color',
      ],
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  const failures = api.log.filter((line) => line.includes('"level":50')).slice(0, 3);
  expect(code, `${output.slice(-6_000)}\n${failures.join('')}`).toBe(0);
  const generated = Number(/(\d+) generated/.exec(output)?.[1] ?? '0');
  expect(generated).toBeGreaterThan(500);
  process.stdout.write(`  ${generated} requests tried\n`);
});
