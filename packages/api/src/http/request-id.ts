import { randomUUID } from 'node:crypto';

/** The caller's `x-request-id` when it is fit for logs (1 to 64 letters, digits and `._:-`), else a new one. */
export function requestIdOf(header: string | readonly string[] | undefined): string {
  if (typeof header === 'string' && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(header)) return header;
  return `req-${randomUUID()}`;
}
