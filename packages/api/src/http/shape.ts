import { nearest, type Violation } from '@matryoshka/domain';
import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

/** Checks the shape of a value; answers every violation with its JSON pointer. */
export type ShapeCheck = (value: unknown) => readonly Violation[];

interface UnionLike {
  readonly anyOf?: readonly TSchema[];
}

/** Compiles a schema. A union is told apart by its `method` member, so that only the violations of the branch meant are named. */
export function shapeCheck(schema: TSchema): ShapeCheck {
  const branches = (schema as UnionLike).anyOf;
  if (branches === undefined) {
    const validator = Compile(schema);
    return (value) => violationsOf(validator, value);
  }
  const checks = new Map(branches.map((branch) => [methodOf(branch), shapeCheck(branch)]));
  const methods = [...checks.keys()];
  return (value) => {
    const method = typeof value === 'object' && value !== null && 'method' in value ? value.method : undefined;
    const check = typeof method === 'string' ? checks.get(method) : undefined;
    if (check !== undefined) return check(value);
    const suggestion = typeof method === 'string' ? nearest(method, methods) : undefined;
    return [
      {
        pointer: '/method',
        code: 'not_allowed',
        message: `must be one of ${methods.join(', ')}`,
        ...(suggestion === undefined ? {} : { suggestion }),
      },
    ];
  };
}

function methodOf(branch: TSchema): string {
  const { properties } = branch as { readonly properties?: Readonly<Record<string, { readonly const?: unknown }>> };
  return String(properties?.method?.const);
}

interface Finding {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

function violationsOf(validator: Validator, value: unknown): readonly Violation[] {
  if (validator.Check(value)) return [];
  const known = propertyNames(validator.Type());
  const found = (validator.Errors(value) as readonly Finding[]).flatMap((error) => translate(error, known));
  return found.length > 0 ? found : [{ pointer: '', code: 'invalid', message: 'has the wrong shape' }];
}

function propertyNames(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own =
    'properties' in schema && typeof schema.properties === 'object' ? Object.keys(schema.properties ?? {}) : [];
  return [...own, ...Object.values(schema).flatMap(propertyNames)];
}

const codes: Readonly<Record<string, string>> = {
  type: 'wrong_type',
  enum: 'not_allowed',
  const: 'not_allowed',
  minProperties: 'empty',
};

function translate(error: Finding, known: readonly string[]): readonly Violation[] {
  const { keyword, instancePath, params } = error;
  const names = (key: string): readonly string[] =>
    key in params ? ((params as Record<string, unknown>)[key] as readonly string[]) : [];
  if (keyword === 'boolean') return [];
  if (keyword === 'additionalProperties')
    return names('additionalProperties').map((name) => {
      const suggestion = nearest(name, known);
      const pointer = `${instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      return {
        pointer,
        code: 'unknown_field',
        message: 'there is no such field',
        ...(suggestion === undefined ? {} : { suggestion }),
      };
    });
  if (keyword === 'required')
    return names('requiredProperties').map((name) => ({
      pointer: `${instancePath}/${name}`,
      code: 'required',
      message: 'is missing',
    }));
  const allowed = keyword === 'enum' ? `must be one of ${names('allowedValues').join(', ')}` : error.message;
  return [{ pointer: instancePath, code: codes[keyword] ?? 'invalid', message: allowed }];
}
