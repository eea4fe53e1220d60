import { type Static, Type } from 'typebox';
import { Timestamp } from '../common.ts';
import { actors } from '../problem.ts';

export const OperationPhase = Type.Object(
  {
    name: Type.String(),
    state: Type.Enum(['pending', 'running', 'done']),
    message: Type.String(),
    percent: Type.Integer({ minimum: 0, maximum: 100 }),
    startedAt: Type.Union([Timestamp, Type.Null()]),
    finishedAt: Type.Union([Timestamp, Type.Null()]),
  },
  { $id: 'OperationPhase', additionalProperties: false },
);
export type OperationPhase = Static<typeof OperationPhase>;

export const operationKinds = [
  'cluster.create',
  'cluster.update',
  'cluster.upgrade',
  'cluster.hibernate',
  'cluster.wake',
  'cluster.restore',
  'cluster.renew-certificates',
  'cluster.rotate',
  'cluster.complete-rotation',
  'cluster.rotate-key',
  'cluster.delete',
  'pool.create',
  'pool.update',
  'pool.upgrade',
  'pool.delete',
  'node.recycle',
  'credential.revoke',
] as const;

export const Operation = Type.Object(
  {
    id: Type.String({ examples: ['op-4k2j8d0s7aqz'] }),
    kind: Type.Enum([...operationKinds]),
    clusterId: Type.String(),
    clusterName: Type.String(),
    state: Type.Enum(['running', 'succeeded', 'failed', 'superseded'], {
      description: 'superseded: a later operation (deletion) made it pointless',
    }),
    done: Type.Boolean(),
    cancellable: Type.Boolean({ description: 'It can be taken back now, as far as can be told without trying' }),
    percent: Type.Integer({ minimum: 0, maximum: 100 }),
    message: Type.String({ description: 'What is going on, in one sentence' }),
    phases: Type.Array(OperationPhase),
    error: Type.Union(
      [
        Type.Object(
          { reason: Type.String(), message: Type.String(), actor: Type.Enum([...actors]) },
          { additionalProperties: false },
        ),
        Type.Null(),
      ],
      { description: 'What blocks it now, or why it failed' },
    ),
    startsAt: Type.Union([Timestamp, Type.Null()], {
      description: 'It waits until then and does nothing before; null: it has begun',
    }),
    expectedAt: Type.Union([Timestamp, Type.Null()], {
      description: 'By then half of the last operations like this one were done; null: too few are known, or it waits',
    }),
    lateAt: Type.Union([Timestamp, Type.Null()], { description: 'By then nineteen of twenty were done' }),
    requestedBy: Type.String(),
    createdAt: Timestamp,
    finishedAt: Type.Union([Timestamp, Type.Null()]),
  },
  { $id: 'Operation', additionalProperties: false },
);
export type Operation = Static<typeof Operation>;
