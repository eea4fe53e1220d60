import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { hasErrnoCode, type Logger, TypedError } from '@matryoshka/system';
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Authenticate, Caller } from './caller.ts';
import { ApiError, type ErrorBody, htmlError, keystoneError, statusTitle } from './errors.ts';
import type { ApiReply, ApiRequest, Route } from './request.ts';

export interface ApiServerOptions {
  readonly name: string;
  readonly routes: readonly Route[];
  readonly errorBody: ErrorBody;
  readonly authenticate: Authenticate;
  /** Where a client without a token should get one; goes into `WWW-Authenticate` as it is. */
  readonly keystoneUrl: string;
  readonly log: Logger;
  /** Comes around every call, once it is known who asks. */
  readonly around?: (call: AroundCall, proceed: () => Promise<ApiReply>) => Promise<ApiReply>;
  readonly bodyLimitBytes?: number;
  /** Headers of every answer, also of one that `extraHeaders` refuses. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Names under which the request id goes out; default `x-openstack-request-id` alone. */
  readonly requestIdHeaders?: readonly string[];
  /** How a path that the service does not know is answered, where that is not its own dialect. */
  readonly unknownPath?: ErrorBody;
  /** Headers for every answer, e.g. the microversion; may throw ApiError (406). */
  readonly extraHeaders?: (request: FastifyRequest) => Readonly<Record<string, string>>;
}

export interface AroundCall {
  readonly method: string;
  readonly path: string;
}

export type Listen = { readonly host: string; readonly port: number } | { readonly socketPath: string };

export interface ApiServer {
  /** Throws TypedError `port_taken` when another process has the port. */
  listen(where: Listen): Promise<void>;
  /** Lets running requests end, then closes. */
  close(): Promise<void>;
}

/** One service's HTTP listener: authentication, request ids, JSON limits and errors in the service's dialect. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const app = fastify({
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 300 },
    bodyLimit: options.bodyLimitBytes ?? 1024 * 1024,
    genReqId: () => `req-${randomUUID()}`,
    forceCloseConnections: 'idle',
    keepAliveTimeout: 75_000,
  });
  const stopping = new AbortController();

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(/^application\/([a-z0-9.+-]*[+-])?json/, { parseAs: 'string' }, (_request, text, done) => {
    if (text === '') return done(null, undefined);
    try {
      done(null, JSON.parse(String(text)));
    } catch {
      done(new ApiError(400, 'Malformed request body: it is not valid JSON'), undefined);
    }
  });
  // Uploads are streamed by their handler; other content types reach handlers as a stream that nobody reads.
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  app.addHook('onRequest', async (request, reply) => {
    for (const name of options.requestIdHeaders ?? ['x-openstack-request-id']) reply.header(name, request.id);
    if (options.headers !== undefined) reply.headers(options.headers);
    const extra = options.extraHeaders?.(request);
    if (extra !== undefined) reply.headers(extra);
  });

  app.setErrorHandler(async (error, request, reply) => {
    const known = toApiError(error);
    // A 501 that a handler meant to give is an answer, not a fault.
    if (known.status >= 500 && known !== error)
      options.log.error(
        { requestId: request.id, method: request.method, url: request.url, err: error },
        'request failed',
      );
    if (known.status === 401) reply.header('www-authenticate', `Keystone uri="${options.keystoneUrl}"`);
    // Who is not known is turned away before the service, by Keystone's middleware and in its dialect.
    const errorBody = known.status === 401 && options.errorBody !== htmlError ? keystoneError : options.errorBody;
    return await sendBody(reply.code(known.status).headers(known.headers), errorBody(known));
  });
  app.setNotFoundHandler(async (_request, reply) => {
    const errorBody = options.unknownPath ?? options.errorBody;
    return await sendBody(reply.code(404), errorBody(new ApiError(404, 'The resource could not be found.')));
  });

  for (const entry of options.routes)
    app.route({
      method: entry.method,
      url: entry.path,
      exposeHeadRoute: entry.method === 'GET',
      handler: async (request, reply) => {
        const caller = authorize(entry, request, options.authenticate);
        const call = toApiRequest(request, reply, caller, stopping.signal);
        const proceed = async (): Promise<ApiReply> => await entry.handler(call);
        const result = await (options.around === undefined ? proceed() : options.around(call, proceed));
        options.log.debug({ method: request.method, url: request.url, status: result.status }, 'request');
        return await send(reply, result);
      },
    });

  return {
    listen: async (where) => {
      try {
        await app.listen('socketPath' in where ? { path: where.socketPath } : { host: where.host, port: where.port });
      } catch (error) {
        if (hasErrnoCode(error, 'EADDRINUSE', 'EADDRNOTAVAIL') && 'port' in where)
          throw new TypedError(`${options.name}: cannot listen on ${where.host}:${where.port}`, {
            code: 'port_taken',
            actor: 'user',
            next: hasErrnoCode(error, 'EADDRINUSE')
              ? `Find the process with "ss -ltnp sport = :${where.port}" and end it, or configure another port.`
              : `Give an address of this machine, or create the host interface first.`,
            cause: error,
          });
        throw error;
      }
    },
    close: async () => {
      stopping.abort();
      await app.close();
    },
  };
}

function authorize(entry: Route, request: FastifyRequest, authenticate: Authenticate): Caller | undefined {
  const auth = entry.auth ?? 'token';
  if (auth === 'none') return undefined;
  const tokenId = request.headers['x-auth-token'];
  const caller = typeof tokenId === 'string' ? authenticate(tokenId) : undefined;
  if (caller === undefined) throw new ApiError(401, 'The request you have made requires authentication.');
  if (auth === 'any-token') return caller;
  if (caller.projectId === '') throw new ApiError(403, 'A token scoped to a project is needed.');
  if (auth === 'admin' && !caller.isAdmin)
    throw new ApiError(403, 'You are not authorized to perform the requested action: role admin is needed.');
  return caller;
}

function toApiRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller | undefined,
  stopping: AbortSignal,
): ApiRequest {
  const url = new URL(request.url, 'http://host');
  const isStream = isReadable(request.body);
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return {
    requestId: request.id,
    method: request.method,
    path: url.pathname,
    params: request.params as Record<string, string>,
    query: url.searchParams,
    headers: request.headers,
    body: isStream ? undefined : request.body,
    stream: isStream ? (request.body as Readable) : undefined,
    get caller(): Caller {
      if (caller === undefined) throw new Error('route without authentication has no caller');
      return caller;
    },
    baseUrl: `${request.protocol}://${request.headers.host ?? request.hostname}`,
    signal: AbortSignal.any([gone.signal, stopping]),
  };
}

function isReadable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'pipe' in value;
}

async function send(reply: FastifyReply, result: ApiReply): Promise<unknown> {
  reply.code(result.status);
  if (result.headers !== undefined) reply.headers(result.headers);
  if (result.stream !== undefined) return await reply.send(result.stream);
  if (result.text !== undefined) {
    if (!reply.hasHeader('content-type')) reply.header('content-type', 'text/plain; charset=utf-8');
    return await reply.send(result.text);
  }
  if (result.body === undefined) return await reply.send();
  return await sendBody(reply, result.body);
}

/** JSON without a charset, as the real services have it; a text is a page. */
async function sendBody(reply: FastifyReply, body: unknown): Promise<unknown> {
  if (typeof body === 'string') return await reply.header('content-type', 'text/html; charset=UTF-8').send(body);
  return await reply.header('content-type', 'application/json').send(JSON.stringify(body));
}

/** Anything thrown as an answer; a limit or parse error of the HTTP layer keeps its status, the rest is a 500 without details. */
function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number') {
    const status = error.statusCode;
    if (status >= 400 && status < 500) return new ApiError(status, error.message || statusTitle(status));
  }
  return new ApiError(500, 'Unexpected API error. The log of pocket cloud names the cause by the request id.');
}
