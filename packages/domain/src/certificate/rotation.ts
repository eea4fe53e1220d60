import type { ClusterAction } from '../cluster/actions.ts';
import type { Cluster } from '../cluster/model.ts';
import type { ObservedControlPlane } from '../cluster/observed.ts';
import type { RotationStage } from './model.ts';

/** What else has to be as it should before a rotation goes on. */
export interface RotationContext {
  /** Every worker is one that knows the new authority. */
  readonly workers: boolean;
  /** What runs beside the control plane and in the cluster is as it should be. */
  readonly addons: boolean;
}

/** The next step of a rotation. One at a time: each begins when no replica, kubeconfig or worker is behind. */
export function rotationActions(
  { rotation, authority }: Pick<Cluster, 'rotation' | 'authority'>,
  { rotation: found }: ObservedControlPlane,
  done: RotationContext,
): readonly ClusterAction[] {
  if (rotation === null || found === undefined) return [];
  const { stage } = found;
  if (stage === null) {
    if (rotation.phase === 'preparing') return [{ type: 'rotate', stage: 'trust' }];
    // It died between forgetting the old keys and saying so.
    const isOver = rotation.phase === 'completing' && authority !== null && found.serving === authority;
    return isOver ? [{ type: 'endRotation', phase: null }] : [];
  }
  if (!found.applied) return [{ type: 'rotate', stage }];
  if (!found.published) return [{ type: 'publishAuthority' }];
  if (!found.rolledOut) return [];
  switch (stage) {
    case 'trust':
      return [{ type: 'rotate', stage: 'sign' }];
    case 'sign':
      if (found.authority !== null && authority !== found.authority)
        return [{ type: 'renewWorkers', authority: found.authority }];
      if (rotation.phase === 'completing') return [{ type: 'rotate', stage: 'serve' }];
      return rotation.phase === 'preparing' && done.workers && done.addons
        ? [{ type: 'endRotation', phase: 'prepared' }]
        : [];
    case 'serve':
      return done.addons ? [{ type: 'rotate', stage: 'end' }] : [];
    case 'end':
      return done.addons ? [{ type: 'endRotation', phase: null }] : [];
  }
}

const words: Record<RotationStage, string> = {
  trust: 'the new authority is trusted beside the old one',
  sign: 'clients are signed by the new authority',
  serve: 'the API shows a certificate of the new authority',
  end: 'the old authority is trusted no more',
};

/** What a rotation does now; undefined when there is none that has anything to do. */
export function rotationWords(
  { rotation }: Pick<Cluster, 'rotation'>,
  { rotation: found }: Pick<ObservedControlPlane, 'rotation'>,
): string | undefined {
  if (rotation === null || rotation.phase === 'prepared') return undefined;
  const stage = found?.stage ?? null;
  return stage === null ? 'new keys are made' : words[stage];
}
