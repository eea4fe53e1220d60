import type { Caller } from '@matryoshka/application';
import type { Logger } from '@matryoshka/system';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The path of a request without its query. */
export function pathOf(request: FastifyRequest): string {
  const end = request.url.search(/[?#]/);
  return end < 0 ? request.url : request.url.slice(0, end);
}

/** The address of the peer; an IPv4 address in its own notation, also on a socket that serves both kinds. */
export function addressOf(request: FastifyRequest): string {
  return request.ip.replace(/^::ffff:(?=\d+\.)/, '');
}

/**
 * One line per request: who, what, how it ended. Never headers, queries or bodies, where tokens and passwords are. Changes and refusals are
 * `info`; reads that went well are `debug`, because clients that wait ask every second.
 */
export function logCall(
  log: Logger,
  request: FastifyRequest,
  reply: FastifyReply,
  call: { readonly caller: Pick<Caller, 'userId' | 'projectId'> | undefined; readonly durationMs: number },
): void {
  const { caller, durationMs } = call;
  const level = request.method === 'GET' && reply.statusCode < 400 ? 'debug' : 'info';
  log[level](
    {
      requestId: request.id,
      method: request.method,
      path: pathOf(request).slice(0, 200),
      status: reply.statusCode,
      // The answer did not go out whole: the client hung up, or was cut off.
      ...(reply.raw.writableFinished ? {} : { aborted: true }),
      durationMs: Math.round(durationMs),
      remoteAddress: addressOf(request),
      ...(caller === undefined ? {} : { userId: caller.userId, projectId: caller.projectId }),
    },
    'request',
  );
}
