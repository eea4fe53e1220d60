import { type Static, Type } from 'typebox';
import { Timestamp } from '../common.ts';
import { roles } from '../operation-definition.ts';

const memberKinds = ['email', 'group', 'subject'] as const;
const MemberRole = Type.Enum([...roles], { description: 'The highest of all that somebody is given counts' });

const claim = {
  issuer: Type.String({ minLength: 1, maxLength: 63, description: 'Name of an issuer of `GET /v1/auth/methods`' }),
  kind: Type.Enum([...memberKinds], {
    description: 'Which claim is compared: a verified `email`, one of the groups, or `sub`',
  }),
  value: Type.String({
    minLength: 1,
    maxLength: 255,
    description: 'Compared exactly; an address without regard to case',
  }),
  role: MemberRole,
};

export const MemberCreate = Type.Object(claim, { $id: 'MemberCreate', additionalProperties: false });
export type MemberCreate = Static<typeof MemberCreate>;

export const Member = Type.Object(
  {
    id: Type.String(),
    ...claim,
    createdAt: Timestamp,
    createdBy: Type.String({ description: 'Name of who added it' }),
  },
  {
    $id: 'Member',
    additionalProperties: false,
    description:
      'Whom of an OpenID Connect issuer the project lets in. Users of OpenStack get in by their roles there.',
  },
);
export type Member = Static<typeof Member>;
