import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { errorMessage, sleep, TypedError } from '@matryoshka/system';
import { Pool } from 'undici';
import { type Status, StatusError } from './errors.ts';
import type { Connection } from './kubeconfig.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface TransportRequest {
  readonly method: Method;
  /** Absolute path at the API server, e.g. `/api/v1/namespaces`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  /** Whole request including the answer's body; default of the transport. 0 = no limit (watches). */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Transport {
  readonly connection: Connection;
  /** Sends a request and reads its JSON answer. Rejects with StatusError, or TypedError `kubernetes_unreachable` / `kubernetes_timed_out`. */
  json<T>(request: TransportRequest): Promise<T>;
  /** Like `json` for text answers (logs, /readyz). */
  text(request: TransportRequest): Promise<string>;
  /** Sends a request and hands over the answer's body once the server accepted it. The caller must consume or destroy it. */
  stream(request: TransportRequest): Promise<Readable>;
  /** Requests sent so far by method, to prove that a pass wrote nothing. */
  readonly counts: Readonly<Record<Method, number>>;
  /** Called with every request before it is sent; may throw to simulate a crash (tests), or wait. */
  onRequest: ((request: TransportRequest) => void | Promise<void>) | undefined;
  /** Headers that identify us to the server, for connections that are not plain HTTP (WebSocket). */
  headers(): Promise<Record<string, string>>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly timeoutMs?: number;
  readonly userAgent?: string;
  readonly connectTimeoutMs?: number;
}

const maxThrottleRetries = 5;

/** One HTTP connection pool for one API server. */
export function createTransport(connection: Connection, options: TransportOptions = {}): Transport {
  const url = new URL(connection.server);
  const prefix = url.pathname.replace(/\/+$/, '');
  const timeoutMs = options.timeoutMs ?? 30_000;
  // HTTP/1.1 on purpose: a watch that stalls must not stall the other requests of the same connection.
  const pool = new Pool(url.origin, {
    allowH2: false,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
    connect: {
      timeout: options.connectTimeoutMs ?? 10_000,
      ...(connection.ca === undefined ? {} : { ca: connection.ca }),
      ...(connection.cert === undefined ? {} : { cert: connection.cert }),
      ...(connection.key === undefined ? {} : { key: connection.key }),
      ...(connection.tlsServerName === undefined ? {} : { servername: connection.tlsServerName }),
      ...(connection.insecureSkipTlsVerify === true ? { rejectUnauthorized: false } : {}),
    },
  });
  const counts: Record<Method, number> = { GET: 0, POST: 0, PUT: 0, PATCH: 0, DELETE: 0 };

  const headers = async (): Promise<Record<string, string>> => {
    const token =
      connection.tokenFile === undefined ? connection.token : (await readFile(connection.tokenFile, 'utf8')).trim();
    return {
      'user-agent': options.userAgent ?? 'matryoshka-kube',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(connection.impersonate === undefined ? {} : { 'impersonate-user': connection.impersonate.user }),
    };
  };

  const send = async (request: TransportRequest, signal: AbortSignal | undefined): Promise<Readable> => {
    const what = `${request.method} ${request.path}`;
    for (let attempt = 0; ; attempt += 1) {
      signal?.throwIfAborted();
      await transport.onRequest?.(request);
      counts[request.method] += 1;
      const all: Record<string, string | string[]> = {
        ...(await headers()),
        accept: request.accept ?? 'application/json',
      };
      const groups = connection.impersonate?.groups;
      if (groups !== undefined) all['impersonate-group'] = [...groups];
      const hasBody = request.body !== undefined;
      if (hasBody) all['content-type'] = request.contentType ?? 'application/json';
      const answer = await pool.request({
        method: request.method,
        path: `${prefix}${request.path}${queryString(request.query)}`,
        headers: all,
        ...(hasBody ? { body: JSON.stringify(request.body) } : {}),
        ...(signal === undefined ? {} : { signal }),
      });
      if (answer.statusCode < 400) return answer.body;
      const status = parseStatus(await answer.body.text());
      // 429 is sent before the request was looked at, so that repeating it is always safe; but an eviction that a disruption budget forbids was looked at, and is forbidden for longer.
      if (answer.statusCode === 429 && attempt < maxThrottleRetries && !isBudget(status)) {
        const seconds = Number(answer.headers['retry-after'] ?? status.details?.retryAfterSeconds ?? 1);
        await sleep(Math.min(Number.isFinite(seconds) ? seconds : 1, 10) * 1000, signal);
        continue;
      }
      throw new StatusError(what, answer.statusCode, status);
    }
  };

  const guarded = async <T>(request: TransportRequest, use: (body: Readable) => Promise<T>): Promise<T> => {
    const limit = request.timeoutMs ?? timeoutMs;
    const timeout = limit === 0 ? undefined : AbortSignal.timeout(limit);
    const signals = [request.signal, timeout].filter((signal) => signal !== undefined);
    const signal = signals.length === 0 ? undefined : AbortSignal.any(signals);
    try {
      return await use(await send(request, signal));
    } catch (error) {
      throw translate(error, request, connection.server, timeout, limit);
    }
  };

  const transport: Transport = {
    connection,
    counts,
    onRequest: undefined,
    headers,
    json: async <T>(request: TransportRequest): Promise<T> =>
      guarded(request, async (body) => JSON.parse(await readAll(body)) as T),
    text: async (request) => guarded({ accept: '*/*', ...request }, readAll),
    stream: async (request) => guarded({ timeoutMs: 0, ...request }, async (body) => body),
    close: async () => pool.destroy(),
  };
  return transport;
}

async function readAll(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function queryString(query: TransportRequest['query']): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) params.append(name, String(value));
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

function parseStatus(text: string): Status {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status')
      return value as Status;
  } catch {
    // Proxies and load balancers answer in plain text; it becomes the message.
  }
  const message = text.trim().slice(0, 500);
  return message === '' ? {} : { message };
}

function translate(
  error: unknown,
  request: TransportRequest,
  server: string,
  timeout: AbortSignal | undefined,
  limitMs: number,
): unknown {
  if (error instanceof TypedError) return error;
  const what = `${request.method} ${server}${request.path}`;
  if (timeout?.aborted === true)
    return new TypedError(`${what}: no answer within ${limitMs} ms`, { code: 'kubernetes_timed_out', cause: error });
  if (request.signal?.aborted === true) return error;
  if (error instanceof SyntaxError)
    return new TypedError(`${what}: the answer is not JSON`, { code: 'kubernetes_unreachable', cause: error });
  if (error instanceof Error && ('code' in error || error.name === 'SocketError'))
    return new TypedError(`${what}: ${errorMessage(error)}`, {
      code: 'kubernetes_unreachable',
      next: `Check that the API server at ${server} runs and can be reached.`,
      cause: error,
    });
  return error;
}

/** Source: kubernetes, pkg/registry/core/pod/storage/eviction.go (policy/v1 `DisruptionBudgetCause`). */
function isBudget({ details }: Status): boolean {
  return details?.causes?.some(({ reason }) => reason === 'DisruptionBudget') === true;
}
