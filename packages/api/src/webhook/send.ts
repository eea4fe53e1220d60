import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressCheck, resolveAllowed } from './addresses.ts';

export interface Sent {
  /** Undefined: no answer. */
  readonly status?: number;
  /** Undefined: it was taken. */
  readonly error?: string;
}

export interface SendOptions {
  readonly isAllowed: AddressCheck;
  /** For the whole attempt. */
  readonly timeoutMs: number;
  /** PEM authorities beside the system's; for tests. */
  readonly ca?: string;
}

/**
 * One POST to an address of a customer: to the address that was looked up and checked, never after a redirect, and its answer is not read. Never
 * throws: what went wrong is for the customer to read.
 */
export async function sendWebhook(
  url: string,
  { body, headers }: { readonly body: string; readonly headers: Readonly<Record<string, string>> },
  options: SendOptions,
): Promise<Sent> {
  try {
    const target = new URL(url);
    const pinned = await resolveAllowed(target.hostname, options.isAllowed);
    const status = await post(target, pinned, { body, headers, ...options });
    return status >= 200 && status < 300 ? { status } : { status, error: `answered with ${status}` };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

async function post(
  target: URL,
  pinned: { readonly address: string; readonly family: 4 | 6 },
  call: SendOptions & { readonly body: string; readonly headers: Readonly<Record<string, string>> },
): Promise<number> {
  const isTls = target.protocol === 'https:';
  const payload = Buffer.from(call.body);
  return await new Promise((resolve, reject) => {
    const outgoing = (isTls ? httpsRequest : httpRequest)(
      target,
      {
        method: 'POST',
        headers: { ...call.headers, 'content-length': payload.length, 'user-agent': 'matryoshka-webhooks' },
        // No connection is kept: the next call may go elsewhere.
        agent: false,
        lookup: (_host, options, done) =>
          options.all ? done(null, [pinned]) : done(null, pinned.address, pinned.family),
        signal: AbortSignal.timeout(call.timeoutMs),
        ...(call.ca === undefined ? {} : { ca: call.ca }),
      },
      (answer) => {
        resolve(answer.statusCode ?? 0);
        answer.destroy();
      },
    );
    outgoing.once('error', (error) =>
      reject(
        error.name === 'AbortError' || error.name === 'TimeoutError'
          ? new Error(`no answer within ${call.timeoutMs / 1000} s`)
          : error,
      ),
    );
    outgoing.end(payload);
  });
}
