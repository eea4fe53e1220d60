import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platformConfig, platformPaths } from '@matryoshka/installer';

const root = new URL('../../..', import.meta.url).pathname;

/** An installation of its own, beside one that a person may have on this machine. While writing a story, KAAS_E2E_DATA_DIR lends it another one. */
export const config = platformConfig(
  process.env.KAAS_E2E_DATA_DIR === undefined
    ? { dataDir: '/var/lib/mat-e2e', network: { cidr: '172.30.0.0/20', prefix: 'mte' }, ports: { api: 17_443 } }
    : { dataDir: process.env.KAAS_E2E_DATA_DIR },
);
export const paths = platformPaths(config);
export const placement = ['--data-dir', config.dataDir] as const;
export const settings = [
  ...placement,
  ...['--network', config.network.cidr, '--prefix', config.network.prefix, '--api-port', String(config.ports.api)],
] as const;

/** Session and kubeconfig of the tests, apart from those of the person who runs them. */
export const home = await mkdtemp(join(tmpdir(), 'kaas-e2e-'));
export const environment = {
  KAAS_CONFIG: join(home, 'session.json'),
  KUBECONFIG: join(home, 'kubeconfig'),
  KAAS_URL: `http://127.0.0.1:${config.ports.api}`,
  NO_COLOR: '1',
  MATRYOSHKA_FAULT_INJECTION: 'on',
};

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly done: Promise<Outcome>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts `./kaas …` as a person would. What it prints is passed on line by line when `KAAS_E2E_VERBOSE` is set. */
export function startKaas(
  argv: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
): Running {
  const child = spawn(join(root, 'kaas'), [...argv], {
    cwd: root,
    env: { ...process.env, ...environment, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  const verbose = process.env.KAAS_E2E_VERBOSE !== undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (verbose) process.stdout.write(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (verbose) process.stderr.write(text);
  });
  child.stdin.end(options.input ?? '');
  const done = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? (signal === null ? -1 : 128), stdout, stderr }));
  });
  return { pid: child.pid ?? -1, done, kill: (signal) => void child.kill(signal) };
}

/** Runs `./kaas …` to its end, whatever that is. */
export async function kaas(argv: readonly string[], options?: Parameters<typeof startKaas>[1]): Promise<Outcome> {
  return await startKaas(argv, options).done;
}

/** Runs `./kaas …` and throws when it fails; answers its standard output. */
export async function kaasOk(argv: readonly string[], options?: Parameters<typeof startKaas>[1]): Promise<string> {
  const { code, stdout, stderr } = await kaas(argv, options);
  if (code !== 0) throw new Error(`kaas ${argv.join(' ')} ended with ${code}:\n${stderr.slice(-4000)}`);
  return stdout;
}

export async function kaasJson<T>(argv: readonly string[]): Promise<T> {
  return JSON.parse(await kaasOk([...argv, '-o', 'json'])) as T;
}

/** kubectl in a customer's cluster. */
export async function kubectl(context: string, argv: readonly string[], input?: string): Promise<string> {
  return await kaasOk(['kubectl', '--context', context, ...argv], input === undefined ? {} : { input });
}

/** kubectl in the management cluster. */
export async function managementKubectl(argv: readonly string[], input = ''): Promise<string> {
  return await kaasOk(['kubectl', ...argv], { env: { KUBECONFIG: paths.managementKubeconfig }, input });
}
