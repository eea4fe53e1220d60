import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readFileIfExists, TypedError } from '@matryoshka/system';
import { parse } from 'yaml';

/** How to reach one API server and who we are there. PEM texts, not paths. */
export interface Connection {
  /** Origin and optional path prefix, e.g. `https://192.0.2.1:6443`. */
  readonly server: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  /** Read again for every request (bound service account tokens are rotated in place). */
  readonly tokenFile?: string;
  /** Name to verify the server's certificate against, where it differs from the address. */
  readonly tlsServerName?: string;
  readonly insecureSkipTlsVerify?: boolean;
  /** Act as another user (impersonation headers). */
  readonly impersonate?: { readonly user: string; readonly groups?: readonly string[] };
}

interface Named<T> {
  readonly name: string;
  readonly value: T;
}

function invalid(message: string): TypedError {
  return new TypedError(`kubeconfig: ${message}`, {
    code: 'kubeconfig_invalid',
    actor: 'user',
    next: 'Check the kubeconfig file.',
  });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function entries(value: unknown, member: string): readonly Named<Readonly<Record<string, unknown>>>[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry) => ({ name: text(record(entry).name) ?? '', value: record(record(entry)[member]) }));
}

function find(
  list: readonly Named<Readonly<Record<string, unknown>>>[],
  name: string,
  what: string,
): Readonly<Record<string, unknown>> {
  const found = list.find((entry) => entry.name === name);
  if (found === undefined) throw invalid(`${what} "${name}" is not in the file`);
  return found.value;
}

/** Inline base64 data wins over a file, as in client-go. Relative paths are relative to the kubeconfig. */
function pem(source: Readonly<Record<string, unknown>>, member: string, folder: string): string | undefined {
  const data = text(source[`${member}-data`]);
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const path = text(source[member]);
  return path === undefined ? undefined : readFileSync(resolve(folder, path), 'utf8');
}

export interface ParseOptions {
  /** Default: the current one. */
  readonly context?: string;
  /** What relative paths are relative to. */
  readonly folder?: string;
}

interface Parts {
  readonly cluster: Readonly<Record<string, unknown>>;
  readonly userName: string;
  readonly user: () => Readonly<Record<string, unknown>>;
  readonly folder: string;
}

function partsOf(source: string, options: ParseOptions): Parts {
  let document: Readonly<Record<string, unknown>>;
  try {
    document = record(parse(source));
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
  const contextName = options.context ?? text(document['current-context']);
  if (contextName === undefined) throw invalid('it has no current-context');
  const context = find(entries(document.contexts, 'context'), contextName, 'context');
  const userName = text(context.user) ?? '';
  return {
    cluster: find(entries(document.clusters, 'cluster'), text(context.cluster) ?? '', 'cluster'),
    userName,
    user: () => find(entries(document.users, 'user'), userName, 'user'),
    folder: options.folder ?? process.cwd(),
  };
}

function serverOf({ cluster, folder }: Parts): Connection {
  const server = text(cluster.server);
  if (server === undefined) throw invalid('its cluster has no server');
  const ca = pem(cluster, 'certificate-authority', folder);
  const tlsServerName = text(cluster['tls-server-name']);
  return {
    server: server.replace(/\/+$/, ''),
    ...(ca === undefined ? {} : { ca }),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    ...(cluster['insecure-skip-tls-verify'] === true ? { insecureSkipTlsVerify: true } : {}),
  };
}

/** Where the API server of one context is and by what it is known; whoever its user is. Throws `kubeconfig_invalid`. */
export function parseServer(source: string, options: ParseOptions = {}): Connection {
  return serverOf(partsOf(source, options));
}

/**
 * Reads one context of a kubeconfig text (client.authentication: certificates, token, token file).
 * Throws `kubeconfig_invalid` when the text, the context or what it names is not usable; exec and auth-provider plugins are refused by name.
 */
export function parseKubeconfig(source: string, options: ParseOptions = {}): Connection {
  const parts = partsOf(source, options);
  const { folder } = parts;
  const server = serverOf(parts);
  const user = parts.user();
  if (user.exec !== undefined || user['auth-provider'] !== undefined)
    throw invalid(`user "${parts.userName}" needs a credential plugin, which is not supported here`);
  const cert = pem(user, 'client-certificate', folder);
  const key = pem(user, 'client-key', folder);
  const token = text(user.token);
  const tokenFile = text(user.tokenFile);
  return {
    ...server,
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(token === undefined ? {} : { token }),
    ...(tokenFile === undefined ? {} : { tokenFile: resolve(folder, tokenFile) }),
  };
}

/** {@link parseKubeconfig} of a file; `kubeconfig_missing` when there is none. */
export async function loadKubeconfig(path: string, options: { readonly context?: string } = {}): Promise<Connection> {
  const source = await readFileIfExists(path);
  if (source === undefined)
    throw new TypedError(`kubeconfig ${path} does not exist`, { code: 'kubeconfig_missing', actor: 'user' });
  return parseKubeconfig(source, { ...options, folder: dirname(path) });
}

export interface KubeconfigIdentity {
  readonly name: string;
  readonly connection: Connection;
}

/** The kubeconfig object (JSON is YAML) for a connection, under one name for cluster, user and context. */
export function buildKubeconfig({ name, connection }: KubeconfigIdentity): Readonly<Record<string, unknown>> {
  const base64 = (value: string): string => Buffer.from(value, 'utf8').toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      {
        name,
        cluster: {
          server: connection.server,
          ...(connection.ca === undefined ? {} : { 'certificate-authority-data': base64(connection.ca) }),
        },
      },
    ],
    users: [
      {
        name,
        user: {
          ...(connection.cert === undefined ? {} : { 'client-certificate-data': base64(connection.cert) }),
          ...(connection.key === undefined ? {} : { 'client-key-data': base64(connection.key) }),
          ...(connection.token === undefined ? {} : { token: connection.token }),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
}
