import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeProgram, waitFor } from '@matryoshka/system';
import { makeTestCertificate } from '@matryoshka/testkit';
import type { TestPlatform } from './platform.ts';

export interface ApiProcess {
  readonly url: string;
  readonly pid: number;
  /** Everything it wrote to standard error. */
  readonly output: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** How it ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const main = new URL('../../../../apps/kaas-api/src/main.ts', import.meta.url).pathname;

/** Starts apps/kaas-api as the installer does, on a free port; killed at the platform's `stop` when it still runs. */
export async function startApiProcess(platform: TestPlatform, env: Environment = {}): Promise<ApiProcess> {
  const started = await spawnApi(platform, env);
  const urlOf = (): string | undefined => /"url":"([^"]+)"/.exec(started.output())?.[1];
  let over = false;
  void started.ended.then(() => {
    over = true;
  });
  await waitFor(() => over || urlOf() !== undefined, { timeoutMs: 60_000, intervalMs: 20 });
  const url = urlOf();
  if (url === undefined) throw new Error(`kaas-api does not listen:\n${started.output()}`);
  return { ...started, url };
}

/** Starts it without waiting for anything. */
export async function spawnApi(platform: TestPlatform, env: Environment = {}): Promise<Omit<ApiProcess, 'url'>> {
  const folder = await mkdtemp(join(tmpdir(), 'kaas-api-'));
  const keyFile = join(folder, 'key');
  await writeFile(keyFile, `${platform.secretKey}\n`, { mode: 0o600 });
  const certificate = await makeTestCertificate();
  const [node, ...argv] = nodeProgram(main);
  const child = spawn(node, argv, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH,
      KAAS_DATABASE_URL: platform.apiUrl,
      KAAS_SECRET_KEY_FILE: keyFile,
      KAAS_KEYSTONE_URL: 'http://127.0.0.1:9/v3',
      KAAS_LISTEN: '127.0.0.1:0',
      KAAS_REQUESTS_PER_SECOND: '0',
      KAAS_ISSUER_URL: 'https://issuer.test',
      KAAS_ISSUER_LISTEN: '127.0.0.1:0',
      KAAS_ISSUER_CERTIFICATE_FILE: certificate.certificateFile,
      KAAS_ISSUER_KEY_FILE: certificate.keyFile,
      ...env,
    },
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    // `close`, not `exit`: all of its output has arrived then.
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  platform.defer(async () => {
    child.kill('SIGKILL');
    await ended;
    await certificate.remove();
    await rm(folder, { recursive: true, force: true });
  });
  return { pid: child.pid ?? -1, output: () => text, kill: (signal) => void child.kill(signal), ended };
}
