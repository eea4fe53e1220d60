import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { KaasError } from '@matryoshka/application';
import { hasErrnoCode, type Logger, serializeError, TypedError } from '@matryoshka/system';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { openPaths } from '../health/health.ts';
import type { ApiMetrics } from '../metrics.ts';
import { securityHeaders, sendProblem } from './answer.ts';
import { logCall, pathOf } from './call-log.ts';
import { parseJsonBody } from './json-body.ts';
import { masked, secretsOf } from './mask.ts';
import { allowedMethods } from './methods.ts';
import { problemOf, unknownPath } from './problem.ts';
import type { Callers } from './register.ts';
import { requestIdOf } from './request-id.ts';

const bodyLimitBytes = 256 * 1024;

/** The HTTP layer without routes: limits, request ids, JSON, problems for whatever goes wrong, one log line per request. */
export function createApp(log: Logger, callers: Callers, metrics: ApiMetrics): FastifyInstance {
  const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const problem = sendProblem(reply, error, request.id);
    // A client that hangs up in the middle of its body is not our failure.
    if (problem.status >= 500 && !request.raw.socket.destroyed) logFailure(log, problem.code, error, request);
    return reply;
  };
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    requestTimeout: 60_000,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    // A request that comes over an open connection while we end is answered like any other.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    routerOptions: { maxParamLength: 500 },
    frameworkErrors: (error, request, reply) => {
      reply.headers(headersOf(request));
      return fail(error, request, reply);
    },
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket),
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity')
      return done(new KaasError('unsupported_media_type', `The body must not be encoded as ${encoding.slice(0, 40)}.`));
    done(null, parseJsonBody(body as Buffer));
  });

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headersOf(request));
    const startedAt = performance.now();
    // Not `onResponse`: Fastify does not call that for an answer that was broken off.
    reply.raw.once('close', () => {
      const durationMs = performance.now() - startedAt;
      logCall(log, request, reply, { caller: callers.get(request), durationMs });
      metrics.answered({ ...callOf(request), status: reply.statusCode, seconds: durationMs / 1_000 });
    });
  });
  app.setErrorHandler(fail);
  // Before Fastify looks at the body: it refuses some methods (QUERY) for that, which is no failure of ours and not what is wrong.
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) throw noRoute(request, reply);
  });
  app.setNotFoundHandler((request, reply) => fail(noRoute(request, reply), request, reply));
  return app;
}

/** Paths that exist are named by their operation; all others together, because anybody may make them up. */
function callOf({ routeOptions: { config, url } }: FastifyRequest): {
  readonly operation: string;
  readonly streams: boolean;
} {
  const { operation = url ?? 'unknown', streams = false } = config as { operation?: string; streams?: boolean };
  return { operation, streams };
}

/** Nothing at this path, or not by this method; then the header `allow` says by which. */
function noRoute(request: FastifyRequest, reply: FastifyReply): KaasError {
  const methods = allowedMethods(pathOf(request), openPaths);
  if (methods.length === 0) return unknownPath();
  const allowed = methods.join(', ');
  reply.header('allow', allowed);
  return new KaasError('method_not_allowed', `This path has ${allowed}, not ${request.method}.`);
}

/** `no-store` for all: nothing here may be shown to somebody else by a cache, and most of it changes by the second. */
function headersOf(request: FastifyRequest): Readonly<Record<string, string>> {
  return { ...securityHeaders, 'x-request-id': request.id, 'cache-control': 'no-store' };
}

function logFailure(log: Logger, code: string, error: unknown, request: FastifyRequest): void {
  const fields = { requestId: request.id, method: request.method, path: pathOf(request), code };
  const secrets = secretsOf(request);
  if (code === 'internal') {
    const err = error instanceof Error ? serializeError(error) : { message: String(error) };
    log.error({ ...fields, err: masked(err, secrets) }, 'request failed');
  } else log.warn({ ...fields, reason: masked(reasonOf(error), secrets) }, 'request failed');
}

/** The words of the innermost cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}

/** What is no HTTP has no request to answer to: the problem is written to the socket. */
function answerBrokenRequest(error: Error, socket: Socket): void {
  if (!socket.writable || hasErrnoCode(error, 'ECONNRESET')) {
    socket.destroy();
    return;
  }
  const problem = problemOf(
    new KaasError('invalid_header', 'The request is not proper HTTP, or its headers are too large.'),
    requestIdOf(undefined),
  );
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${problem.requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Listens and answers the URL. Throws TypedError `port_taken` when the address cannot be had. */
export async function listenOn(
  app: FastifyInstance,
  where: { readonly host: string; readonly port: number },
): Promise<string> {
  try {
    return await app.listen(where);
  } catch (error) {
    if (!hasErrnoCode(error, 'EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES')) throw error;
    throw new TypedError(`cannot listen on ${where.host}:${where.port}: ${(error as Error).message}`, {
      code: 'port_taken',
      next: hasErrnoCode(error, 'EADDRINUSE')
        ? `End the process that has the port (ss -ltnp sport = :${where.port}), or choose another one.`
        : 'Choose an address of this machine and a port you may use.',
      cause: error,
    });
  }
}
