import { type TObject, type TSchema, Type } from 'typebox';
import type { OperationDefinition } from './operation-definition.ts';

interface ArrayLike {
  readonly items?: TObject;
}

/** What a sparse operation answers about one object: of a page, its items. */
function itemOf({ success }: Pick<OperationDefinition, 'success'>): {
  readonly item: TObject;
  readonly isPage: boolean;
} {
  const schema = success.schema as TObject;
  const items = (schema.properties.items as ArrayLike | undefined)?.items;
  return items === undefined ? { item: schema, isPage: false } : { item: items, isPage: true };
}

/** Names that `fields` of a sparse operation may have. */
export function sparseMembers(definition: Pick<OperationDefinition, 'success'>): readonly string[] {
  return Object.keys(itemOf(definition).item.properties);
}

/** The query parameter `fields` of a sparse operation. */
export function sparseQuery(definition: Pick<OperationDefinition, 'success'>): TSchema {
  const names = sparseMembers(definition).join('|');
  return Type.String({
    pattern: `^(${names})(,(${names}))*$`,
    description: 'Only these members of each object, separated by commas; without it, all',
    examples: [sparseMembers(definition).slice(0, 2).join(',')],
  });
}

/** What it answers with `fields`: the same, with every member optional. */
export function sparseSchema(definition: Pick<OperationDefinition, 'success'>): TSchema {
  const { item, isPage } = itemOf(definition);
  const name = (schema: object): string => `Sparse${(schema as { readonly $id?: string }).$id}`;
  const sparse = Type.Object(
    Object.fromEntries(Object.entries(item.properties).map(([member, schema]) => [member, Type.Optional(schema)])),
    { $id: name(item), additionalProperties: false },
  );
  if (!isPage) return sparse;
  return Type.Object(
    { items: Type.Array(sparse), nextCursor: Type.Optional(Type.String()) },
    { $id: `${name(item)}Page`, additionalProperties: false },
  );
}
