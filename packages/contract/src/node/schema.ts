import { type Static, Type } from 'typebox';
import { orNull, Timestamp } from '../common.ts';
import { actors } from '../problem.ts';

export const NodeState = Type.Enum(['provisioning', 'ready', 'not-ready', 'deleting']);

export const Node = Type.Object(
  {
    name: Type.String({ description: 'Of the server in OpenStack and of the Node in Kubernetes alike' }),
    pool: Type.String(),
    flavor: Type.String(),
    state: NodeState,
    cause: orNull(
      Type.Object(
        {
          code: Type.String({ description: 'See docs/causes.md' }),
          message: Type.String(),
          actor: Type.Enum([...actors]),
        },
        { additionalProperties: false },
      ),
      'Why it is not ready, where it can be told',
    ),
    serverId: orNull(Type.String(), 'Id of the server in Nova'),
    address: orNull(Type.String(), 'Its address in the network of the workers'),
    kubernetesVersion: orNull(Type.String({ examples: ['v1.36.3'] }), 'What its kubelet says'),
    createdAt: Timestamp,
    readyAt: orNull(Timestamp, 'When it was seen ready for the first time; it is paid for from then on'),
  },
  { $id: 'Node', additionalProperties: false, description: 'A worker of a cluster' },
);
export type Node = Static<typeof Node>;
