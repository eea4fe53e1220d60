import { setTimeout as delay } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import { faultMessage, OpenStackError, type OpenStackService } from './errors.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface HttpRequest {
  readonly service: OpenStackService;
  readonly method: Method;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Raw data; made anew for every attempt, so that a repeat sends all of it. */
  readonly body?: () => NonNullable<Dispatcher.RequestOptions['body']>;
  readonly dispatcher?: Dispatcher | undefined;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const maxRetryAfterMs = 30_000;

/**
 * One call with the repeats that are safe: 429 and 503 after the time the service asks for (Retry-After, at most 30 s), and calls whose
 * connection broke when repeating them cannot do anything twice. Throws {@link OpenStackError} for every status ≥ 400.
 */
export async function send(call: HttpRequest): Promise<HttpResponse> {
  for (let attempt = 0; ; attempt += 1) {
    const last = attempt >= call.retries;
    let response: HttpResponse;
    try {
      response = await sendOnce(call);
    } catch (error) {
      if (call.signal?.aborted) throw error;
      if (last || call.method === 'POST' || call.method === 'PATCH' || isRefused(error)) throw unreachable(call, error);
      await delay(200 * 2 ** attempt, undefined, withSignal(call.signal));
      continue;
    }
    if (response.status < 400) return response;
    if (!last && (response.status === 429 || response.status === 503)) {
      await delay(retryAfterMs(response, attempt), undefined, withSignal(call.signal));
      continue;
    }
    throw failed(call, response);
  }
}

async function sendOnce(call: HttpRequest): Promise<HttpResponse> {
  const body = call.body?.() ?? (call.json === undefined ? null : JSON.stringify(call.json));
  const response = await request(call.url, {
    method: call.method,
    headers: {
      accept: 'application/json',
      ...(call.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
    },
    body,
    headersTimeout: call.timeoutMs,
    bodyTimeout: call.timeoutMs,
    ...(call.dispatcher === undefined ? {} : { dispatcher: call.dispatcher }),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
  return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
}

/** The first value of a response header, undefined where there is none. */
export function header(response: HttpResponse, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function retryAfterMs(response: HttpResponse, attempt: number): number {
  const value = header(response, 'retry-after');
  const seconds = value === undefined ? Number.NaN : Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : value === undefined ? 500 * 2 ** attempt : untilMs(value);
  return Math.min(Math.max(ms, 0), maxRetryAfterMs);
}

function untilMs(httpDate: string): number {
  const time = Date.parse(httpDate);
  return Number.isNaN(time) ? 1000 : time - Date.now();
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}

function withSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function unreachable(call: HttpRequest, cause: unknown): OpenStackError {
  const reason = cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : String(cause);
  return new OpenStackError(`${call.service} service at ${new URL(call.url).origin} does not answer: ${reason}`, {
    service: call.service,
    status: 0,
    method: call.method,
    url: call.url,
    cause,
    next: 'Check that the cloud is running and reachable from this machine.',
  });
}

function failed(call: HttpRequest, response: HttpResponse): OpenStackError {
  const requestId =
    header(response, 'x-openstack-request-id') ??
    header(response, 'x-compute-request-id') ??
    header(response, 'openstack-request-id');
  const reason = faultMessage(response.text) || `HTTP status ${response.status}`;
  return new OpenStackError(
    `${call.service}: ${call.method} ${new URL(call.url).pathname}: ${reason} (${response.status})`,
    {
      service: call.service,
      status: response.status,
      requestId,
      method: call.method,
      url: call.url,
      actor: response.status >= 400 && response.status < 500 ? 'user' : 'provider',
    },
  );
}
