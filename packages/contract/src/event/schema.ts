import { type Static, Type } from 'typebox';
import { Timestamp } from '../common.ts';

export const eventTypes = [
  'cluster.created',
  'cluster.updated',
  'cluster.phase',
  'cluster.condition',
  'cluster.drift',
  'cluster.restored',
  'backup.made',
  'backup.failed',
  'cluster.deletion_scheduled',
  'cluster.deletion_undone',
  'cluster.deleting',
  'cluster.deleted',
  'operation.created',
  'operation.progress',
  'operation.finished',
  'node.repaired',
  'pool.scaled',
  'budget.reached',
] as const;

export const Event = Type.Object(
  {
    id: Type.String({ description: 'Grows; the `id` of the server-sent event' }),
    type: Type.Enum([...eventTypes]),
    at: Timestamp,
    clusterId: Type.Optional(Type.String()),
    operationId: Type.Optional(Type.String()),
    data: Type.Record(Type.String(), Type.Unknown()),
  },
  { $id: 'Event', additionalProperties: false },
);
export type Event = Static<typeof Event>;
