import { type Static, Type } from 'typebox';

export const Project = Type.Object(
  { id: Type.String(), name: Type.String() },
  { $id: 'Project', additionalProperties: false, description: 'An OpenStack project' },
);
export type Project = Static<typeof Project>;
