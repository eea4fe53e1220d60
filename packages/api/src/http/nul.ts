import { pointerPart, type Violation } from '@matryoshka/domain';

/** Every text of a body or a query, or name of a member, that holds a NUL: PostgreSQL has none, neither in texts nor in JSON. */
export function nulViolations(value: unknown, pointer = ''): readonly Violation[] {
  if (typeof value === 'string')
    return value.includes('\0') ? [{ pointer, code: 'invalid', message: 'must not have NUL characters' }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    ...(name.includes('\0') ? [{ pointer, code: 'invalid', message: 'names must not have NUL characters' }] : []),
    ...nulViolations(member, `${pointer}/${pointerPart(name.replaceAll('\0', ''))}`),
  ]);
}
