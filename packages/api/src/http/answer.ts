import { KaasError } from '@matryoshka/application';
import type { Problem } from '@matryoshka/contract';
import type { FastifyReply } from 'fastify';
import { problemOf } from './problem.ts';

/** For every answer: nothing here is meant to be shown, framed or guessed at by a browser (OWASP REST security cheat sheet). */
export const securityHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** Sends text that is JSON already. As bytes, because Fastify adds a charset to text, which JSON does not have (RFC 8259 §11). */
export function sendJson(reply: FastifyReply, status: number, json: string, type = 'application/json'): FastifyReply {
  return reply.code(status).header('content-type', type).send(Buffer.from(json));
}

/** What a client waits after a 503 that names no time of its own. */
const retryAfterSeconds = 5;

/** Sends the problem that an error stands for, with the headers that belong to its status; answers it. */
export function sendProblem(reply: FastifyReply, error: unknown, requestId: string): Problem {
  const problem = problemOf(error, requestId);
  reply.header('cache-control', 'no-store');
  // RFC 6750 §3: `error` only where a token was sent that is of no use.
  if (problem.status === 401)
    reply.header('www-authenticate', problem.code === 'token_expired' ? 'Bearer error="invalid_token"' : 'Bearer');
  const wait = error instanceof KaasError ? error.retryAfterSeconds : undefined;
  if (wait !== undefined || problem.status === 503) reply.header('retry-after', String(wait ?? retryAfterSeconds));
  sendJson(reply, problem.status, JSON.stringify(problem), 'application/problem+json');
  return problem;
}
