import type { IncomingMessage } from 'node:http';
import { type CustomerIssuer, customerIssuerPath } from '@matryoshka/domain';
import { findCustomerIssuer, type Pool } from '@matryoshka/postgres';
import { type AddressCheck, errorMessage, type Logger, requestAllowed } from '@matryoshka/system';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { sendJson } from '../http/answer.ts';
import { discoveryDocument, discoveryPath, discoveryUrl, keysAddress } from '../http/discovery.ts';

export interface RelayOptions {
  readonly pool: Pool;
  /** Which addresses customers' issuers may have. */
  readonly isAllowed: AddressCheck;
  readonly log: Logger;
  readonly now?: () => Date;
}

const timeoutMs = 8_000;
const maxBytes = 256 * 1024;
/** Control planes ask again when they meet a key they do not know; that must not become as many requests to somebody's issuer. */
const freshMs = 10_000;
/** What was fetched once is good for so long while the issuer does not answer. */
const keptMs = 24 * 3_600_000;
const mostKept = 5_000;

interface Kept {
  readonly at: number;
  readonly keys: Promise<string>;
  /** The last that was good. */
  readonly good: { readonly at: number; readonly keys: string } | undefined;
}

/**
 * Passes on the keys of customers' issuers, so that control planes call nobody but us: kube-apiserver is given a `discoveryURL` here. Customers' addresses
 * are called as those of webhooks are, never inside of the provider's networks.
 */
export function registerRelay(
  app: FastifyInstance,
  { path, url }: { readonly path: string; readonly url: string },
  options: RelayOptions,
): void {
  const { pool, log, now = () => new Date() } = options;
  const kept = new Map<string, Kept>();
  const at = `${path}${customerIssuerPath(':clusterId', ':name')}`;
  type Params = { readonly clusterId: string; readonly name: string };
  const issuerOf = async ({ clusterId, name }: Params): Promise<CustomerIssuer | undefined> =>
    await findCustomerIssuer(pool, clusterId, name);
  const none = (reply: FastifyReply): FastifyReply => sendJson(reply, 404, JSON.stringify({ error: 'not_found' }));

  app.get<{ Params: Params }>(`${at}${discoveryPath}`, async ({ params }, reply) => {
    const issuer = await issuerOf(params);
    if (issuer === undefined) return none(reply);
    // kube-apiserver demands the issuer's own name in the document, and keys anywhere.
    const document = discoveryDocument({
      issuer: issuer.url,
      keys: `${url}${customerIssuerPath(params.clusterId, params.name)}/keys`,
      algorithms: ['RS256', 'ES256'],
    });
    return sendJson(reply, 200, document);
  });

  app.get<{ Params: Params }>(`${at}/keys`, async ({ params }, reply) => {
    const issuer = await issuerOf(params);
    if (issuer === undefined) return none(reply);
    const key = JSON.stringify([issuer.url, issuer.certificateAuthority]);
    const time = now().getTime();
    const known = kept.get(key);
    const keys = known !== undefined && time - known.at < freshMs ? known.keys : fetchKeys(issuer, options.isAllowed);
    if (keys !== known?.keys) {
      kept.delete(key);
      kept.set(key, { at: time, keys, good: known?.good });
      const [oldest] = kept.keys();
      if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
    }
    try {
      const fetched = await keys;
      kept.set(key, { at: kept.get(key)?.at ?? time, keys, good: { at: time, keys: fetched } });
      return sendJson(reply, 200, fetched);
    } catch (error) {
      log.warn(
        { ...params, issuer: issuer.url, reason: errorMessage(error) },
        'the issuer of a customer gives no keys',
      );
      const good = kept.get(key)?.good;
      if (good !== undefined && time - good.at < keptMs) return sendJson(reply, 200, good.keys);
      return sendJson(reply, 502, JSON.stringify({ error: 'issuer_unavailable', reason: errorMessage(error) }));
    }
  });
}

/** OpenID Connect Discovery 1.0 §4, then the key set. Throws with words for the log. */
async function fetchKeys({ url, certificateAuthority }: CustomerIssuer, isAllowed: AddressCheck): Promise<string> {
  const options = {
    isAllowed,
    timeoutMs,
    ...(certificateAuthority === null ? {} : { ca: certificateAuthority }),
  };
  const get = async (from: string): Promise<Readonly<Record<string, unknown>>> => {
    if (!from.startsWith('https://')) throw new Error(`${from} is not https`);
    const headers = { accept: 'application/json', 'user-agent': 'matryoshka-issuer-relay' };
    return await requestAllowed(from, { method: 'GET', headers }, options, readObject);
  };
  const { keys } = await get(keysAddress(await get(discoveryUrl(url)), url));
  if (!Array.isArray(keys)) throw new Error('the key set of the issuer has no keys');
  return JSON.stringify({ keys });
}

async function readObject(answer: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  if (answer.statusCode !== 200) throw new Error(`answered with ${answer.statusCode}`);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  if (typeof value !== 'object' || value === null) throw new Error('the answer is no object');
  return value as Readonly<Record<string, unknown>>;
}
