import { badRequest } from './errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under one key of the body, as every OpenStack request wraps it: `{"server": {…}}`. 400 when it is absent. */
export function bodyObject(body: unknown, key: string): JsonObject {
  const value = isObject(body) ? body[key] : undefined;
  if (!isObject(value)) throw badRequest(`Invalid input: the request body must hold an object "${key}".`);
  return value;
}

/** An optional string field; null counts as absent. 400 when it is another type or too long. */
export function optionalString(object: JsonObject, key: string, maxLength = 255): string | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string')
    throw badRequest(
      `Invalid input for field/attribute ${key}. Value: ${show(value)}. ${show(value)} is not of type 'string'`,
    );
  if (value.length > maxLength)
    throw badRequest(`Invalid input for field/attribute ${key}. Value is too long: at most ${maxLength} characters.`);
  return value;
}

export function requiredString(object: JsonObject, key: string, maxLength = 255): string {
  const value = optionalString(object, key, maxLength);
  if (value === undefined || value === '') throw badRequest(`Invalid input: '${key}' is a required property`);
  return value;
}

export function optionalBoolean(object: JsonObject, key: string): boolean | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  throw badRequest(
    `Invalid input for field/attribute ${key}. Value: ${show(value)}. '${show(value)}' is not a boolean`,
  );
}

export function optionalInteger(
  object: JsonObject,
  key: string,
  minimum = 0,
  maximum = 2_147_483_647,
): number | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < minimum || number > maximum)
    throw badRequest(
      `Invalid input for field/attribute ${key}. Value: ${show(value)}. It must be an integer from ${minimum} to ${maximum}`,
    );
  return number;
}

export function optionalArray(object: JsonObject, key: string): readonly unknown[] | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value))
    throw badRequest(`Invalid input for field/attribute ${key}. Value: ${show(value)} is not of type 'array'`);
  return value;
}

/** Metadata: 400 unless every key and value is a short string. */
export function stringMap(object: JsonObject): Record<string, string> {
  for (const [key, value] of Object.entries(object))
    if (typeof value !== 'string' || value.length > 255 || key.length > 255 || key === '')
      throw badRequest(
        `Invalid input for field/attribute ${key}. Value: ${String(value)}. It must be a string of at most 255 characters`,
      );
  return object as Record<string, string>;
}

function show(value: unknown): string {
  return JSON.stringify(value).slice(0, 200);
}
