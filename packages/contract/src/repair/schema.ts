import { type Static, Type } from 'typebox';
import { Timestamp } from '../common.ts';
import { actors } from '../problem.ts';

export const Repair = Type.Object(
  {
    node: Type.String({ description: 'The worker that was replaced' }),
    pool: Type.String(),
    cause: Type.Object(
      {
        code: Type.String({ description: 'See docs/causes.md' }),
        message: Type.String(),
        actor: Type.Enum([...actors]),
      },
      { additionalProperties: false },
    ),
    at: Timestamp,
  },
  { $id: 'Repair', additionalProperties: false, description: 'A worker that was replaced because it was not well' },
);
export type Repair = Static<typeof Repair>;
