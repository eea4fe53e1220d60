import type { ClusterAction } from './actions.ts';
import { type Cluster, controlPlaneReplicas } from './model.ts';
import type { ObservedControlPlane } from './observed.ts';

/** So long all replicas are left on one node: whatever brought them there is over, and a move that did not help is not repeated at once. In milliseconds. */
const patience = 300_000;

/** Brings the replicas of a control plane apart again that a lost node, or one that was drained, has put together. One is moved at a time, and none while anything else replaces them. */
export function spreadingActions(
  desired: Pick<Cluster, 'tier' | 'rotation'>,
  plane: ObservedControlPlane,
  now: Date,
): readonly ClusterAction[] {
  const { crowded, rolledOut, replicas, readyReplicas } = plane;
  if (crowded === null || !rolledOut || desired.rotation !== null) return [];
  if (replicas !== controlPlaneReplicas(desired.tier) || readyReplicas !== replicas) return [];
  if (now.getTime() - crowded.since.getTime() < patience) return [];
  return [{ type: 'moveReplica', pod: crowded.pod }];
}
