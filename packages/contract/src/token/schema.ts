import { type Static, Type } from 'typebox';
import { Timestamp } from '../common.ts';
import { roles } from '../operation-definition.ts';

const Role = Type.Enum([...roles]);
const clusterIds = (description: string) =>
  Type.Union([Type.Array(Type.String(), { minItems: 1, maxItems: 50, uniqueItems: true }), Type.Null()], {
    description,
  });

export const TokenCreate = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64, description: 'What it is for', examples: ['deploy from CI'] }),
    role: Type.Optional(Type.Enum([...roles], { description: 'No higher than yours, which is the default' })),
    clusterIds: Type.Optional(
      clusterIds('It sees and changes these clusters only; default and null: all of the project'),
    ),
    expiresAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'At most a year from now; default: 90 days from now' }),
    ),
  },
  { $id: 'TokenCreate', additionalProperties: false },
);
export type TokenCreate = Static<typeof TokenCreate>;

const members = {
  id: Type.String({ examples: ['tok-4k2j8d0s7aqz'] }),
  name: Type.String(),
  user: Type.Object(
    { id: Type.String(), name: Type.String() },
    { additionalProperties: false, description: 'Who made it' },
  ),
  role: Role,
  clusterIds: clusterIds('null: all clusters of the project'),
  state: Type.Enum(['active', 'expired', 'revoked']),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  lastUsedAt: Type.Union([Timestamp, Type.Null()], { description: 'To the minute' }),
  revokedAt: Type.Union([Timestamp, Type.Null()]),
};

export const Token = Type.Object(members, { $id: 'Token', additionalProperties: false });
export type Token = Static<typeof Token>;

export const NewToken = Type.Object(
  {
    ...members,
    token: Type.String({
      description: 'Shown once. Send it as `Authorization: Bearer …`, or set KAAS_TOKEN',
      examples: ['kaas_pat_…'],
    }),
  },
  { $id: 'NewToken', additionalProperties: false },
);
export type NewToken = Static<typeof NewToken>;
