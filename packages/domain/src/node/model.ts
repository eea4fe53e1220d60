import type { Failure } from '../cause/causes.ts';
import { insideOf, workerTrouble } from '../cause/worker.ts';
import type { ObservedCluster, ObservedMachine } from '../cluster/observed.ts';

export const nodeStates = ['provisioning', 'ready', 'not-ready', 'deleting'] as const;
export type NodeState = (typeof nodeStates)[number];

/** A worker of a cluster: its machine, its server, its Node. */
export interface WorkerNode {
  /** Of the machine, the server and the Node alike. */
  readonly name: string;
  readonly pool: string;
  /** Name of the flavor its server has, which may be another than the pool's by now. */
  readonly flavor: string;
  readonly state: NodeState;
  /** Why it is not ready, where it can be told. */
  readonly cause: Failure | null;
  /** Id of its server in Nova. */
  readonly serverId: string | null;
  /** Its address in the network of the cluster's workers. */
  readonly address: string | null;
  /** What its kubelet says. */
  readonly kubernetesVersion: string | null;
  readonly createdAt: Date;
}

/** The workers there are; null when they could not be listed. */
export function workerNodes(observed: ObservedCluster, now: Date): readonly WorkerNode[] | null {
  if (!observed.poolsKnown) return null;
  const inside = insideOf(observed);
  return observed.machines
    .map((machine) => ({
      name: machine.name,
      pool: machine.pool,
      flavor: machine.flavor,
      state: stateOf(machine),
      cause: workerTrouble(machine, inside, now) ?? null,
      serverId: machine.serverId,
      address: machine.address,
      kubernetesVersion: machine.kubernetesVersion,
      createdAt: machine.createdAt,
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function stateOf({ deleting, ready, joined }: ObservedMachine): NodeState {
  if (deleting) return 'deleting';
  if (ready) return 'ready';
  return joined ? 'not-ready' : 'provisioning';
}
