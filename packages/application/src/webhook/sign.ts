import { createHmac, randomBytes } from 'node:crypto';

const prefix = 'whsec_';

/** A secret for signatures: `whsec_` and 32 random bytes in base64 (Standard Webhooks, "Symmetric"). */
export function newWebhookSecret(): string {
  return prefix + randomBytes(32).toString('base64');
}

/**
 * The headers of one attempt. Several secrets give several signatures, of which the receiver needs one that it knows: that is how secrets are
 * changed without a gap. Source: standard-webhooks specification, "Signature scheme".
 */
export function signatureHeaders(
  secrets: readonly string[],
  message: { readonly id: string; readonly body: string },
  now: Date,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const signed = `${message.id}.${timestamp}.${message.body}`;
  const signature = (secret: string): string => {
    const key = Buffer.from(secret.slice(prefix.length), 'base64');
    return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  };
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map(signature).join(' '),
  };
}
