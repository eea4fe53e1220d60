import type { TSchema } from 'typebox';

/** JSON as a plain value: what OpenAPI documents are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface SchemaCollector {
  /** The schema as it stands at its place: a reference when it has a name (`$id`). */
  place(schema: TSchema): JsonObject;
  /** Every named schema met so far, by name. */
  readonly components: Readonly<Record<string, JsonObject>>;
}

/** TypeBox schemas are JSON Schema 2020-12 already, as OpenAPI 3.1 wants it; only names become references, and a few things clearer. */
export function createSchemaCollector(): SchemaCollector {
  const components: Record<string, JsonObject> = {};
  const place = (schema: TSchema): JsonObject => {
    const { $id: name, ...rest } = schema as unknown as { readonly $id?: string } & JsonObject;
    if (name === undefined) return convert(rest);
    if (components[name] === undefined) {
      // Set first, so that a schema that contains itself would end.
      components[name] = {};
      components[name] = convert(rest);
    }
    return { $ref: `#/components/schemas/${name}` };
  };
  const convert = (schema: JsonObject): JsonObject => {
    const union = schema.anyOf as readonly JsonObject[] | undefined;
    const plain = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, convertMember(key, value)]));
    return { ...typeOfEnum(schema), ...recordOf(plain), ...(union === undefined ? {} : discriminatorOf(union)) };
  };
  const convertMember = (key: string, value: Json): Json => {
    if (key === 'properties' || key === 'patternProperties')
      return Object.fromEntries(Object.entries(value as JsonObject).map(([name, inner]) => [name, placeJson(inner)]));
    if (key === 'items') return placeJson(value);
    if (key === 'anyOf') return (value as readonly Json[]).map(placeJson);
    return value;
  };
  const placeJson = (value: Json): Json => place(value as unknown as TSchema);
  return { place, components };
}

/** Code generators guess wrongly when an enum has no type. */
function typeOfEnum(schema: JsonObject): JsonObject {
  const values = schema.enum as readonly Json[] | undefined;
  return values?.every((value) => typeof value === 'string') ? { type: 'string' } : {};
}

/** `{patternProperties: {"^.*$": X}}` is better known as `{additionalProperties: X}`. */
function recordOf(schema: JsonObject): JsonObject {
  const { patternProperties, ...rest } = schema;
  if (patternProperties === undefined) return schema;
  const any = (patternProperties as JsonObject)['^.*$'];
  return any === undefined ? schema : { ...rest, additionalProperties: any };
}

/** Objects told apart by a literal `method`. */
function discriminatorOf(union: readonly JsonObject[]): JsonObject {
  const mapping = Object.fromEntries(
    union.flatMap((branch) => {
      const method = (branch.properties as JsonObject | undefined)?.method as JsonObject | undefined;
      return typeof method?.const === 'string' && typeof branch.$id === 'string'
        ? [[method.const, `#/components/schemas/${branch.$id}`]]
        : [];
    }),
  );
  return Object.keys(mapping).length === union.length ? { discriminator: { propertyName: 'method', mapping } } : {};
}
