import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressCheck, resolveAllowed } from './addresses.ts';

export interface OutgoingOptions {
  readonly isAllowed: AddressCheck;
  /** For the whole exchange, as far as `read` takes it. */
  readonly timeoutMs: number;
  /** PEM; instead of the well-known authorities. */
  readonly ca?: string;
}

export interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/**
 * One request to an address that a customer named: to the address that was looked up and checked, never after a redirect. `read` makes something of
 * the answer, whose connection ends then. Throws with words for the customer.
 */
export async function requestAllowed<T>(
  url: string,
  { method, headers, body }: Outgoing,
  options: OutgoingOptions,
  read: (answer: IncomingMessage) => Promise<T>,
): Promise<T> {
  const target = new URL(url);
  const pinned = await resolveAllowed(target.hostname, options.isAllowed);
  const { timeoutMs, ca } = options;
  try {
    return await new Promise<T>((resolve, reject) => {
      const outgoing = (target.protocol === 'https:' ? httpsRequest : httpRequest)(
        target,
        {
          method,
          headers: { ...headers, ...(body === undefined ? {} : { 'content-length': body.length }) },
          // No connection is kept: the next call may go elsewhere.
          agent: false,
          lookup: (_host, wanted, done) =>
            wanted.all ? done(null, [pinned]) : done(null, pinned.address, pinned.family),
          signal: AbortSignal.timeout(timeoutMs),
          ...(ca === undefined ? {} : { ca }),
        },
        (answer) => {
          read(answer)
            .then(resolve, reject)
            .finally(() => answer.destroy());
        },
      );
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  } catch (error) {
    if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'))
      throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error });
    throw error;
  }
}
