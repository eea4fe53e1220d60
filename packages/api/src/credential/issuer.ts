import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { listPublicKeys, type Pool, type SecretBox } from '@matryoshka/postgres';
import { addressCheck, errorMessage, type Logger, sleep } from '@matryoshka/system';
import { fastify } from 'fastify';
import { registerRelay } from '../cluster-access/relay.ts';
import { sendJson } from '../http/answer.ts';
import { listenOn } from '../http/app.ts';
import { discoveryDocument, discoveryPath } from '../http/discovery.ts';
import { algorithm, prepareSigning } from './sign.ts';

export interface IssuerOptions {
  readonly pool: Pool;
  readonly secretBox: SecretBox;
  /** What tokens name as their issuer; `https`, as the control planes reach it. */
  readonly url: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** PEM files; looked at again, so that a renewed certificate needs no restart. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Ranges that customers' own issuers may be in besides the Internet. */
  readonly customerRanges?: readonly string[];
  readonly log: Logger;
  /** Default: ten minutes. */
  readonly renewalIntervalMs?: number;
}

export interface Issuer {
  /** Where it listens. */
  readonly address: string;
  close(): Promise<void>;
}

/** Relative to the issuer's URL, so that a path in it is kept. */
const keysPath = '/keys';

/**
 * Publishes by which keys the credentials of this service are verified: OpenID Connect Discovery 1.0 §4 and a JWK set, beside it those of customers' own issuers, and nothing else. It is a
 * listener of its own because customers' control planes reach it, from where the API need not be reachable. Throws TypedError `port_taken`.
 */
export async function startIssuer(options: IssuerOptions): Promise<Issuer> {
  const { pool, secretBox, log } = options;
  const url = options.url.replace(/\/$/, '');
  const path = new URL(url).pathname.replace(/\/$/, '');
  const read = async () => ({
    cert: await readFile(options.certificateFile, 'utf8'),
    key: await readFile(options.keyFile, 'utf8'),
  });
  let tls = await read();
  const app = fastify({ https: tls, keepAliveTimeout: 75_000, forceCloseConnections: 'idle', exposeHeadRoutes: false });
  const document = discoveryDocument({ issuer: url, keys: `${url}${keysPath}`, algorithms: [algorithm] });
  app.get(`${path}${discoveryPath}`, (_request, reply) => sendJson(reply, 200, document));
  app.get(`${path}${keysPath}`, async (_request, reply) => {
    await prepareSigning(pool, secretBox);
    return sendJson(reply, 200, JSON.stringify({ keys: await listPublicKeys(pool) }));
  });
  registerRelay(app, { path, url }, { pool, log, isAllowed: addressCheck(options.customerRanges ?? []) });
  app.setErrorHandler((error, request, reply) => {
    log.warn({ path: request.url, reason: errorMessage(error) }, 'the issuer could not answer');
    return sendJson(reply, 503, JSON.stringify({ error: 'temporarily_unavailable' }));
  });
  const address = await listenOn(app, options.listen);
  const stopping = new AbortController();
  const renewing = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(options.renewalIntervalMs ?? 600_000, stopping.signal).catch(() => undefined);
      try {
        const fresh = await read();
        if (fresh.cert === tls.cert || stopping.signal.aborted) continue;
        // The server would forget its old one before it looks at the new one.
        createSecureContext(fresh);
        app.server.setSecureContext(fresh);
        tls = fresh;
        log.info('the issuer has a new certificate');
      } catch (error) {
        log.warn({ reason: errorMessage(error) }, 'the certificate of the issuer cannot be read; the old one is kept');
      }
    }
  })();
  return {
    address,
    close: async () => {
      stopping.abort();
      app.server.closeAllConnections();
      await app.close();
      await renewing;
    },
  };
}
