import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentBinary } from '@matryoshka/components';
import { type Connection, createKubeClient } from '@matryoshka/kube';
import { waitFor } from '@matryoshka/system';
import { startTestPostgres, type TestPostgres } from '../postgres.ts';
import { type Child, freePort, logTail, startChild } from './children.ts';

export interface TestApiServer {
  /** As a member of system:masters. */
  readonly connection: Connection;
  /** As a user without any rights. */
  readonly stranger: Connection;
  /** The PostgreSQL under it, for further databases of a test. */
  readonly postgres: TestPostgres;
  /** Replaces the AuthenticationConfiguration it was started with; it notices by itself. */
  setAuthentication(configuration: string): Promise<void>;
  /** What it has printed since it was started last. */
  log(): Promise<string>;
  /** Ends the API server only and starts it again on the same data: connections break, watches expire. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestApiServerOptions {
  /** An AuthenticationConfiguration. */
  readonly authentication?: string;
  /** An audit Policy; events go where the log goes. */
  readonly auditPolicy?: string;
  /** Its data is on a disk of so many MiB, to be filled. */
  readonly diskMib?: number;
  /** Another replica: on the data of that one, which must stop last. */
  readonly beside?: TestApiServer;
  /** URL of the database it keeps its data in; default: one of its own. */
  readonly datastore?: (postgres: TestPostgres) => string;
  /** Further flags of kine. */
  readonly kineFlags?: readonly string[];
  /** Further flags of kube-apiserver. */
  readonly flags?: readonly string[];
}

/**
 * A real kube-apiserver on kine and PostgreSQL, without kubelets and controllers: nothing acts on objects but the test. All processes and
 * files go away with `stop()`, also when the start fails. Needs the built components (`kaas components build`).
 */
export async function startTestApiServer(options: TestApiServerOptions = {}): Promise<TestApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'matryoshka-apiserver-'));
  const children: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return await start(folder, children, stop, options);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  folder: string,
  children: { stop(): Promise<void> }[],
  stop: () => Promise<void>,
  { authentication, auditPolicy, diskMib, beside, datastore, kineFlags = [], flags = [] }: TestApiServerOptions,
): Promise<TestApiServer> {
  const authenticationFile = join(folder, 'authentication.yaml');
  const setAuthentication = async (configuration: string): Promise<void> => {
    await writeFile(`${authenticationFile}.new`, configuration);
    await rename(`${authenticationFile}.new`, authenticationFile);
  };
  if (authentication !== undefined) await setAuthentication(authentication);
  const [kine, kubernetes] = await Promise.all([componentBinary('kine'), componentBinary('kube-apiserver')]);
  const postgres =
    beside?.postgres ?? (await startTestPostgres(diskMib === undefined ? {} : { smallDiskMib: diskMib }));
  if (beside === undefined) children.push(postgres);
  if (diskMib !== undefined) await postgres.run('create database kine tablespace small');
  const etcdPort = await freePort();
  const url = datastore?.(postgres) ?? postgres.superuserUrl.replace(/\/postgres$/, '/kine');
  children.push(
    startChild(
      'kine',
      [
        kine,
        '--endpoint',
        `${url}?sslmode=disable`,
        `--listen-address=127.0.0.1:${etcdPort}`,
        '--metrics-bind-address=0',
        ...kineFlags,
      ],
      { logFile: join(folder, 'kine.log') },
    ),
  );
  const tokens = { admin: randomBytes(16).toString('hex'), stranger: randomBytes(16).toString('hex') };
  const port = await freePort();
  const argv = await apiServerArguments(folder, kubernetes, port, etcdPort, tokens);
  argv.push(...flags);
  if (authentication !== undefined) argv.push(`--authentication-config=${authenticationFile}`);
  if (auditPolicy !== undefined) {
    const policyFile = join(folder, 'audit-policy.yaml');
    await writeFile(policyFile, auditPolicy);
    argv.push(`--audit-policy-file=${policyFile}`, '--audit-log-path=-');
  }
  const launch = (): Child => startChild('kube-apiserver', argv, { logFile: join(folder, 'kube-apiserver.log') });
  let server = launch();
  children.push(server);
  const connection = await waitReady(folder, server, port, tokens.admin);
  return {
    connection,
    stranger: { ...connection, token: tokens.stranger },
    postgres,
    setAuthentication,
    log: async () => await readFile(server.logFile, 'utf8'),
    restart: async () => {
      await server.stop();
      children.splice(children.indexOf(server), 1);
      server = launch();
      children.push(server);
      await waitReady(folder, server, port, tokens.admin);
    },
    stop,
  };
}

async function apiServerArguments(
  folder: string,
  binary: string,
  port: number,
  etcdPort: number,
  tokens: { readonly admin: string; readonly stranger: string },
): Promise<[string, ...string[]]> {
  const serviceAccountKey = join(folder, 'service-account.key');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(serviceAccountKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const tokenFile = join(folder, 'tokens.csv');
  const lines = [`${tokens.admin},admin,1,"system:masters"`, `${tokens.stranger},stranger,2,"strangers"`];
  await writeFile(tokenFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  return [
    binary,
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    `--cert-dir=${join(folder, 'certificates')}`,
    `--token-auth-file=${tokenFile}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${serviceAccountKey}`,
    `--service-account-signing-key-file=${serviceAccountKey}`,
    '--disable-admission-plugins=ServiceAccount',
    '--allow-privileged=true',
  ];
}

async function waitReady(folder: string, server: Child, port: number, token: string): Promise<Connection> {
  // The server signs its own certificate, so that certificate is its CA.
  const certificate = join(folder, 'certificates', 'apiserver.crt');
  let connection: Connection | undefined;
  const ready = await waitFor(
    async () => {
      if (!server.alive()) return true;
      const ca = await readFile(certificate, 'utf8').catch(() => undefined);
      if (ca === undefined) return false;
      connection = { server: `https://127.0.0.1:${port}`, ca, token };
      const client = createKubeClient(connection);
      try {
        return await client.ready({ timeoutMs: 2_000 });
      } finally {
        await client.close();
      }
    },
    { timeoutMs: 120_000, intervalMs: 100 },
  );
  if (!ready || connection === undefined || !server.alive())
    throw new Error(`kube-apiserver did not become ready:\n${await logTail(server)}`);
  return connection;
}
