import { refuseViolations } from '@matryoshka/application';
import { type OperationDefinition, sparseMembers } from '@matryoshka/contract';
import { nearest } from '@matryoshka/domain';

/** Takes `fields` out of a query: the members that were asked for, undefined for all, and the rest. Throws `validation_failed`. */
export function fieldsReader(
  definition: OperationDefinition,
): (raw: unknown) => { readonly fields: readonly string[] | undefined; readonly rest: unknown } {
  if (!definition.sparse) return (raw) => ({ fields: undefined, rest: raw });
  const known = sparseMembers(definition);
  return (raw) => {
    const { fields, ...rest } = raw as Readonly<Record<string, unknown>>;
    if (fields === undefined) return { fields: undefined, rest };
    // Given twice it is a list.
    const names = Array.isArray(fields) ? fields.join(',').split(',') : String(fields).split(',');
    refuseViolations(
      names
        .filter((name) => !known.includes(name))
        .map((name) => {
          const suggestion = nearest(name, known);
          const message = `must be some of ${known.join(', ')}`;
          return {
            pointer: '?fields',
            code: 'unknown_field',
            message,
            ...(suggestion === undefined ? {} : { suggestion }),
          };
        }),
    );
    return { fields: names, rest };
  };
}

/** An answer with only these members of the object, or of each item of a page. */
export function pick(data: unknown, fields: readonly string[] | undefined): unknown {
  if (fields === undefined || typeof data !== 'object' || data === null) return data;
  const of = (object: unknown): unknown =>
    Object.fromEntries(Object.entries(object as object).filter(([name]) => fields.includes(name)));
  return 'items' in data && Array.isArray(data.items) ? { ...data, items: data.items.map(of) } : of(data);
}
