import { type IfMatch, KaasError, notFound, refuseViolations } from '@matryoshka/application';
import type { OperationDefinition } from '@matryoshka/contract';
import { Type } from 'typebox';
import { nulViolations } from './nul.ts';
import { shapeCheck } from './shape.ts';

const nothing = Type.Object({}, { additionalProperties: false });

/** Reads query parameters as the operation's schema says: whole numbers from text; what is unknown or wrong is refused. */
export function queryReader(operation: Pick<OperationDefinition, 'query'>): (raw: unknown) => Record<string, unknown> {
  const query = operation.query ?? nothing;
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
    refuseViolations(
      [...check(values), ...nulViolations(values)].map((violation) => ({
        ...violation,
        pointer: `?${violation.pointer.slice(1)}`,
      })),
    );
    return values;
  };
}

/** Reads path parameters. A name that nothing could ever have is answered like one that nothing has; one out of a list that is not in it is refused. */
export function paramsReader(
  operation: Pick<OperationDefinition, 'params'>,
): (raw: unknown) => Readonly<Record<string, string>> {
  const check = shapeCheck(operation.params ?? nothing);
  return (raw) => {
    const params = raw as Readonly<Record<string, string>>;
    // PostgreSQL has no NUL in texts.
    for (const [name, value] of Object.entries(params))
      if (value.includes('\0')) throw notFound(name.replace(/(Id|Name)$/, ''), value);
    refuseViolations(check(params).map((violation) => ({ ...violation, pointer: `{${violation.pointer.slice(1)}}` })));
    return params;
  };
}

const entityTag = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/;
const entityTags = new RegExp(`^${entityTag.source}(\\s*,\\s*${entityTag.source})*$`);

/**
 * `If-Match` as the generations it names; undefined when absent or `*`. Weak and foreign tags are well-formed but never match
 * (RFC 9110 §13.1.1). Throws `invalid_header`.
 */
export function ifMatchOf(header: string | undefined): IfMatch {
  const text = header?.trim();
  if (text === undefined || text === '*') return undefined;
  if (!entityTags.test(text))
    throw new KaasError('invalid_header', 'If-Match must be an ETag in double quotes, as the answer to GET gave it.');
  return [...text.matchAll(new RegExp(entityTag, 'g'))]
    .filter(([, weak, tag]) => weak === undefined && /^\d{1,15}$/.test(tag ?? ''))
    .map(([, , tag]) => Number(tag));
}

/** The value of Idempotency-Key: 1–255 visible characters. Throws `invalid_header`. */
export function idempotencyKeyOf(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw new KaasError('invalid_header', 'Idempotency-Key must be 1 to 255 visible ASCII characters, sent once.');
}
