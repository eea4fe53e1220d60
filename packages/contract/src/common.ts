import { type Static, type TSchema, Type } from 'typebox';
import { actors } from './problem.ts';

export const Timestamp = Type.String({ format: 'date-time', description: 'UTC, ISO 8601' });

export const Condition = Type.Object(
  {
    type: Type.String(),
    status: Type.Enum(['True', 'False', 'Unknown']),
    reason: Type.String(),
    message: Type.String(),
    actor: Type.Optional(Type.Enum([...actors], { description: 'Who must act while the status is not True' })),
    observedGeneration: Type.Integer(),
    lastTransitionTime: Timestamp,
  },
  { $id: 'Condition', additionalProperties: false },
);
export type Condition = Static<typeof Condition>;

export const orNull = <T extends TSchema>(type: T, description: string) =>
  Type.Union([type, Type.Null()], { description });

/** An amount of money or of hours: exact, in text, because a floating-point number is not. */
export const Decimal = (description: string) =>
  Type.String({ pattern: '^\\d{1,12}(\\.\\d{1,10})?$', description, examples: ['0.0125'] });

/** One page of a list. `nextCursor` is absent on the last page. */
export const page = <T extends TSchema>(item: T) =>
  Type.Object(
    { items: Type.Array(item), nextCursor: Type.Optional(Type.String()) },
    { $id: `${(item as { readonly $id?: string }).$id}Page`, additionalProperties: false },
  );

/** Items of a page when the caller names no limit. */
export const defaultPageSize = 100;

export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: defaultPageSize })),
  cursor: Type.Optional(Type.String({ description: '`nextCursor` of the page before' })),
};

/** How long an operation will take. */
export const Estimate = Type.Object(
  {
    typicalSeconds: Type.Number({ description: 'Half of the last ones like it took less' }),
    slowSeconds: Type.Number({ description: 'Nineteen of twenty took less' }),
    basedOn: Type.Integer({ description: 'So many of them' }),
  },
  { additionalProperties: false },
);
export type Estimate = Static<typeof Estimate>;
