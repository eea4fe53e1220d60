import { type Static, Type } from 'typebox';
import { orNull, Timestamp } from '../common.ts';

export const Certificate = Type.Object(
  {
    name: Type.String({ description: 'What it is for', examples: ['api-server-certificate'] }),
    authority: Type.Boolean({ description: 'It signs others' }),
    notAfter: Timestamp,
    renewsAt: orNull(Timestamp, 'When it is renewed by itself; null: an authority, which is rotated on request'),
  },
  { $id: 'Certificate', additionalProperties: false },
);
export type Certificate = Static<typeof Certificate>;

export const ClusterCertificates = Type.Object(
  {
    items: Type.Array(Certificate, { description: 'Of the control plane, the first to end first' }),
    rotation: orNull(
      Type.Object(
        {
          phase: Type.Union([Type.Literal('preparing'), Type.Literal('prepared'), Type.Literal('completing')], {
            description: '`prepared`: both authorities are trusted until the rotation is completed',
          }),
          since: Timestamp,
        },
        { additionalProperties: false },
      ),
      'A rotation of the authority; null: there is none',
    ),
  },
  { $id: 'ClusterCertificates', additionalProperties: false },
);
export type ClusterCertificates = Static<typeof ClusterCertificates>;
