import { KaasError } from '@matryoshka/application';
import { openApiDocument } from '@matryoshka/contract';
import { checkDatabase, checkRowSecurity, checkSchema, type Pool } from '@matryoshka/postgres';
import { TypedError } from '@matryoshka/system';
import type { FastifyInstance } from 'fastify';
import { sendJson } from '../http/answer.ts';

/** Paths outside of the operation table; open to everybody, because load balancers and code generators have no token. */
export const openPaths = ['/livez', '/readyz', '/openapi.json'] as const;

/** Adds what is asked about the service itself: is it alive, can it work, what does it offer. */
export function registerHealth(app: FastifyInstance, pool: Pool, stopping: AbortSignal): void {
  const alive = JSON.stringify({ status: 'ok' });
  const document = JSON.stringify(openApiDocument());
  const answers: Readonly<Record<(typeof openPaths)[number], () => Promise<string>>> = {
    '/livez': async () => alive,
    '/readyz': async () => {
      if (stopping.aborted) throw new KaasError('database_unavailable', 'This process is ending.');
      await checkReady(pool);
      return alive;
    },
    '/openapi.json': async () => document,
  };
  for (const path of openPaths)
    app.route({
      method: ['GET', 'HEAD'],
      url: path,
      handler: async (_request, reply) => sendJson(reply, 200, await answers[path]()),
    });
}

/** Throws `database_unavailable` with the reason unless the database answers, has our schema, and keeps projects apart. */
export async function checkReady(pool: Pool): Promise<void> {
  try {
    await checkDatabase(pool);
    await checkSchema(pool);
    await checkRowSecurity(pool);
  } catch (error) {
    if (!(error instanceof TypedError)) throw error;
    // Everybody may ask, so the driver's words, which name addresses and users, go to the log only.
    const detail = error.code === 'database_unavailable' ? 'The database does not answer.' : error.message;
    throw new KaasError('database_unavailable', detail, {
      ...(error.next === undefined ? {} : { next: error.next }),
      cause: error,
    });
  }
}
