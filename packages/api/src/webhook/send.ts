import { type OutgoingOptions, requestAllowed } from '@matryoshka/system';

export interface Sent {
  /** Undefined: no answer. */
  readonly status?: number;
  /** Undefined: it was taken. */
  readonly error?: string;
}

/** One POST to an address of a customer; its answer is not read. Never throws: what went wrong is for the customer to read. */
export async function sendWebhook(
  url: string,
  { body, headers }: { readonly body: string; readonly headers: Readonly<Record<string, string>> },
  options: OutgoingOptions,
): Promise<Sent> {
  try {
    const post = {
      method: 'POST',
      headers: { ...headers, 'user-agent': 'matryoshka-webhooks' },
      body: Buffer.from(body),
    } as const;
    const status = await requestAllowed(url, post, options, async ({ statusCode = 0 }) => statusCode);
    return status >= 200 && status < 300 ? { status } : { status, error: `answered with ${status}` };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
