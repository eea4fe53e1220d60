import { type Static, Type } from 'typebox';
import { Timestamp } from '../common.ts';

export const Credential = Type.Object(
  {
    token: Type.String({ description: 'For `Authorization: Bearer` at the Kubernetes API of this cluster only' }),
    expiresAt: Timestamp,
    username: Type.String({ description: 'As the cluster knows you', examples: ['kaas:9c1f0b6f'] }),
    groups: Type.Array(Type.String(), { description: 'What the cluster’s RBAC binds', examples: [['kaas:admin']] }),
  },
  { $id: 'Credential', additionalProperties: false },
);
export type Credential = Static<typeof Credential>;
