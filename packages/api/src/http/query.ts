import { type Caller, KaasError, refuseViolations } from '@matryoshka/application';
import type { OperationDefinition } from '@matryoshka/contract';
import { shapeCheck } from './shape.ts';

/** Reads query parameters as the operation's schema says: whole numbers from text; what is unknown or wrong is refused. */
export function queryReader(operation: OperationDefinition): (raw: unknown) => Record<string, unknown> {
  const { query } = operation;
  if (query === undefined) return () => ({});
  const check = shapeCheck(query);
  const integers = Object.entries(query.properties)
    .filter(([, schema]) => (schema as { readonly type?: string }).type === 'integer')
    .map(([name]) => name);
  return (raw) => {
    const values: Record<string, unknown> = { ...(raw as Record<string, unknown>) };
    for (const name of integers) {
      const text = values[name];
      if (typeof text === 'string' && /^-?\d{1,9}$/.test(text)) values[name] = Number(text);
    }
    refuseViolations(check(values).map((violation) => ({ ...violation, pointer: `?${violation.pointer.slice(1)}` })));
    return values;
  };
}

/** `If-Match: "<generation>"` as a number; undefined when absent or `*`. */
export function ifMatchOf(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const match = /^"(\d{1,15})"$/.exec(header.trim());
  if (match !== null) return Number(match[1]);
  // A weak or foreign tag is well-formed but can never match (RFC 9110 §13.1.1).
  if (/^(W\/)?"[^"]*"(\s*,\s*(W\/)?"[^"]*")*$/.test(header.trim())) return -1;
  throw new KaasError('invalid_header', 'If-Match must be an ETag in double quotes, as the answer to GET gave it.');
}

/** The value of Idempotency-Key: 1–255 visible characters. */
export function idempotencyKeyOf(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw new KaasError('invalid_header', 'Idempotency-Key must be 1 to 255 visible ASCII characters, sent once.');
}

/** An opaque cursor, bound to what it was made for. */
export function encodeCursor(kind: string, values: readonly string[]): string {
  return Buffer.from(JSON.stringify([kind, ...values])).toString('base64url');
}

export function decodeCursor(kind: string, cursor: unknown): readonly string[] | undefined {
  if (typeof cursor !== 'string') return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parts) && parts[0] === kind && parts.every((part) => typeof part === 'string'))
      return parts.slice(1);
  } catch {
    // Refused below like any other foreign text.
  }
  refuseViolations([{ pointer: '?cursor', code: 'invalid_cursor', message: 'is not a cursor of this list' }]);
  return undefined;
}

export type { Caller };
