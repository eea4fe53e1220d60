import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Caller } from './caller.ts';

/** One request as a handler sees it. */
export interface ApiRequest {
  /** `req-<uuid>`, also in the answer's `x-openstack-request-id`. */
  readonly requestId: string;
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined where the request has no body or is not JSON. */
  readonly body: unknown;
  /** The raw body of a non-JSON request (uploads); not yet consumed. */
  readonly stream: Readable | undefined;
  /** Who asks. Throws for routes with `auth: 'none'`, which have no caller. */
  readonly caller: Caller;
  /** `http://host:port` as the client reached us; base of links. */
  readonly baseUrl: string;
  /** Aborted when the client is gone or the service stops. */
  readonly signal: AbortSignal;
}

export interface ApiReply {
  readonly status: number;
  /** JSON value; undefined for an empty answer. */
  readonly body?: unknown;
  /** Sent instead of `body`. */
  readonly stream?: Readable;
  /** Sent as it is, instead of `body`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (request: ApiRequest) => ApiReply | Promise<ApiReply>;

export interface Route {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with `:name` parameters; a trailing slash in requests is ignored. GET routes answer HEAD, too. */
  readonly path: string;
  readonly handler: Handler;
  /** `token` (default): a valid token of a project; `any-token`: also unscoped or domain tokens; `admin`: role admin; `none`: no token needed. */
  readonly auth?: 'token' | 'any-token' | 'admin' | 'none';
}

/** One route, for tables: `route('GET', '/v2.0/networks', listNetworks)`. */
export function route(method: Route['method'], path: string, handler: Handler, auth?: Route['auth']): Route {
  return auth === undefined ? { method, path, handler } : { method, path, handler, auth };
}

export const ok = (body: unknown, headers?: Readonly<Record<string, string>>): ApiReply => reply(200, body, headers);
export const created = (body: unknown, headers?: Readonly<Record<string, string>>): ApiReply =>
  reply(201, body, headers);
export const accepted = (body?: unknown, headers?: Readonly<Record<string, string>>): ApiReply =>
  reply(202, body, headers);
export const noContent: ApiReply = { status: 204 };

function reply(status: number, body: unknown, headers: Readonly<Record<string, string>> | undefined): ApiReply {
  return headers === undefined ? { status, body } : { status, body, headers };
}
