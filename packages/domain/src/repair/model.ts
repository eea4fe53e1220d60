import type { Failure } from '../cause/causes.ts';

/** A worker that was replaced because it was not well. */
export interface Repair {
  readonly pool: string;
  readonly node: string;
  readonly cause: Failure;
  readonly at: Date;
}

/** When a worker that is not well is replaced. Times in milliseconds. */
export interface RepairPolicy {
  /** Its kubelet says nothing, or that it is not ready; its Node is gone; its server is shut off. */
  readonly notReady: number;
  /** Its console tells that it could not set itself up. */
  readonly setUpFailed: number;
  /** It runs and does not join. */
  readonly notJoined: number;
  /** Its disk is full: kubelet has had the time to free some. */
  readonly diskFull: number;
  /** When more than this share of a cluster is not well, and more than `fewest` are, the cause is a larger one, and nothing is replaced. */
  readonly largestShare: number;
  readonly fewest: number;
  /** Between two repairs in a pool, doubled by each one of the last hour. */
  readonly firstPause: number;
  readonly longestPause: number;
}

const minutes = (count: number): number => count * 60_000;

export const repairPolicy: RepairPolicy = {
  notReady: minutes(5),
  setUpFailed: minutes(10),
  notJoined: minutes(20),
  diskFull: minutes(15),
  largestShare: 0.4,
  fewest: 2,
  firstPause: 30_000,
  longestPause: minutes(30),
};

/** Repairs that count for the pause before the next one. In milliseconds. */
export const repairMemory = minutes(60);
