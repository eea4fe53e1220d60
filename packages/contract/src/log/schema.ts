import { type Static, Type } from 'typebox';
import { Timestamp } from '../common.ts';

export const logComponents = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'konnectivity-server',
  'cloud-controller-manager',
  'audit',
] as const;

export const logQuery = Type.Object(
  {
    component: Type.Optional(
      Type.Enum([...logComponents], {
        default: 'kube-apiserver',
        description: 'audit: who did what in the Kubernetes API, one JSON event a line',
      }),
    ),
    tail: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 5_000,
        default: 200,
        description: 'At most so many lines, the last of the range',
      }),
    ),
    since: Type.Optional({ ...Timestamp, description: 'Not before; UTC, ISO 8601' }),
    until: Type.Optional({ ...Timestamp, description: 'Before; UTC, ISO 8601' }),
  },
  { additionalProperties: false },
);

export const Log = Type.Object(
  {
    lines: Type.Array(
      Type.Object(
        {
          at: Type.String({ description: 'UTC, ISO 8601, with the precision of the container runtime' }),
          pod: Type.String({ description: 'The replica that said it' }),
          text: Type.String(),
        },
        { additionalProperties: false },
      ),
    ),
    truncated: Type.Boolean({ description: 'There were more lines in the range, before these' }),
  },
  { $id: 'Log', additionalProperties: false },
);
export type Log = Static<typeof Log>;
