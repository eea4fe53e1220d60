import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createLogger, nodeProgram, readFileIfExists, run, startDaemon, stopDaemon, waitFor } from '@matryoshka/system';
import {
  type PocketCloud,
  type PocketCloudConfig,
  pocketCloudConfig,
  purgePocketCloud,
  type ServiceName,
  serviceUrl,
  startPocketCloud,
} from '../index.ts';

/** A pocket cloud of a test's own: other prefix, network and directory than the machine's real one. */
export interface TestCloud {
  readonly config: PocketCloudConfig;
  /** Ends the process's part and starts it anew on the same state. */
  restart(): Promise<void>;
  /** Removes everything; repeatable. */
  purge(): Promise<void>;
  call(service: ServiceName, method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** A token of the admin, or of another user in a project of domain Default. */
  token(user?: { readonly name: string; readonly password: string; readonly project: string }): Promise<string>;
}

export interface CallOptions {
  readonly token?: string;
  readonly json?: unknown;
  readonly data?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly body: any;
}

/** A pocket cloud in this process. */
export async function startTestCloud(
  prefix: string,
  subnet: number,
  options: { readonly faults?: boolean } = {},
): Promise<TestCloud> {
  const config = { ...(await testConfig(prefix, subnet)), ...options };
  const log = createLogger('pocket-cloud');
  log.level = process.env.MATRYOSHKA_LOG_LEVEL ?? 'error';
  const purge = async (): Promise<void> => {
    await purgePocketCloud(config);
    await rm(config.dataDir, { recursive: true, force: true });
  };
  let cloud: PocketCloud;
  try {
    cloud = await startPocketCloud(config, log);
  } catch (error) {
    await purge();
    throw error;
  }
  return {
    config,
    ...clientOf(config),
    restart: async () => {
      await cloud.stop();
      cloud = await startPocketCloud(config, log);
    },
    purge: async () => {
      await cloud.stop();
      await purge();
    },
  };
}

/** A pocket cloud as a program of its own, which can be killed. */
export interface TestCloudProcess extends TestCloud {
  /** Resolves when it answers. */
  start(): Promise<void>;
  /** SIGTERM, as the platform ends it. */
  stop(): Promise<void>;
  /** SIGKILL. */
  crash(): Promise<void>;
}

const program = new URL('../../../../apps/pocket-cloud/src/main.ts', import.meta.url).pathname;
const answerTimeoutMs = 30_000;

export async function startTestCloudProcess(prefix: string, subnet: number): Promise<TestCloudProcess> {
  const config = await testConfig(prefix, subnet);
  const configFile = join(config.dataDir, 'config.json');
  const pidFile = join(config.dataDir, 'pid');
  const logFile = join(config.dataDir, 'log');
  await writeFile(configFile, JSON.stringify(config));
  const argv = nodeProgram(program, '--config', configFile);
  const client = clientOf(config);
  const answers = async (): Promise<boolean> => {
    const asked = (['keystone', 'neutron', 'nova', 'octavia'] as const).map(
      async (service) => await client.call(service, 'GET', '/').catch(() => undefined),
    );
    return (await Promise.all(asked)).every((answer) => answer !== undefined && answer.status < 400);
  };
  const start = async (): Promise<void> => {
    await startDaemon({ name: 'pocket cloud', argv, pidFile, logFile });
    if (!(await waitFor(answers, { timeoutMs: answerTimeoutMs, intervalMs: 50 })))
      throw new Error(`pocket cloud does not answer: ${await readFileIfExists(logFile)}`);
  };
  const stop = async (): Promise<void> => await stopDaemon(pidFile, { graceMs: 60_000 });
  const cloud: TestCloudProcess = {
    config,
    ...client,
    start,
    stop,
    crash: async () => await stopDaemon(pidFile, { signal: 'SIGKILL' }),
    restart: async () => {
      await stop();
      await start();
    },
    purge: async () => {
      if ((await readFileIfExists(configFile)) === undefined) return;
      await stop();
      await run([...argv, '--purge'], { timeoutMs: 120_000 });
      await rm(config.dataDir, { recursive: true, force: true });
    },
  };
  try {
    await start();
  } catch (error) {
    await cloud.purge();
    throw error;
  }
  return cloud;
}

async function testConfig(prefix: string, subnet: number): Promise<PocketCloudConfig> {
  return pocketCloudConfig({
    dataDir: await mkdtemp(join(tmpdir(), `pocket-${prefix}-`)),
    prefix,
    address: `172.28.${subnet}.1`,
    cidr: `172.28.${subnet}.0/24`,
    adminPassword: 'secret',
  });
}

function clientOf(config: PocketCloudConfig): Pick<TestCloud, 'call' | 'token'> {
  const call: TestCloud['call'] = async (service, method, path, options = {}) => {
    const headers: Record<string, string> = { ...options.headers };
    if (options.token !== undefined) headers['x-auth-token'] = options.token;
    if (options.json !== undefined) headers['content-type'] = 'application/json';
    if (options.data !== undefined) headers['content-type'] = 'application/octet-stream';
    const body =
      options.data !== undefined
        ? new Uint8Array(options.data)
        : options.json === undefined
          ? null
          : JSON.stringify(options.json);
    const response = await fetch(`${serviceUrl(config, service)}${path}`, { method, headers, body });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
  };
  return {
    call,
    token: async (user = { name: 'admin', password: 'secret', project: 'admin' }) => {
      const domain = { id: 'default' };
      const auth = {
        identity: { methods: ['password'], password: { user: { name: user.name, domain, password: user.password } } },
        scope: { project: { name: user.project, domain } },
      };
      const answer = await call('keystone', 'POST', '/v3/auth/tokens', { json: { auth } });
      return answer.headers.get('x-subject-token') ?? '';
    },
  };
}

/** A root filesystem as small as can boot, made of the machine's own shell: an init that says it is up and obeys a shutdown. Packed in a second. */
export async function makeTestImage(directory: string): Promise<string> {
  const root = join(directory, 'root');
  const programs = ['/bin/sh', '/bin/sleep', '/bin/cat'];
  const libraries = (await run(['ldd', ...programs])).stdout.match(/\/lib\S+(?= \()/g) ?? [];
  for (const name of ['sbin', 'dev', 'proc', 'sys', 'tmp', 'var/lib/plain'])
    await mkdir(join(root, name), { recursive: true });
  for (const file of new Set([...programs, ...libraries])) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await run(['cp', '-L', file, join(root, file)]);
  }
  await writeFile(join(root, 'var/lib/plain/file'), 'from the image\n');
  const init = [
    '#!/bin/sh',
    // 37 = SIGRTMIN+3, what systemd takes for "power off".
    "trap 'exit 0' 37 TERM",
    'echo MACHINE-UP',
    'cat /var/lib/plain/file',
    'echo again >> /var/lib/plain/file',
    'while :; do sleep 1 & wait $!; done',
    '',
  ];
  await writeFile(join(root, 'sbin/init'), init.join('\n'), { mode: 0o755 });
  const file = join(directory, 'image.squashfs');
  await run(['mksquashfs', root, file, '-no-progress', '-quiet', '-noappend']);
  return file;
}
