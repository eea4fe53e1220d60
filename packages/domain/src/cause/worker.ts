import type {
  ObservedCertificateRequest,
  ObservedCluster,
  ObservedMachine,
  ObservedNode,
} from '../cluster/observed.ts';
import { seen } from '../shared/looked.ts';
import { type Failure, failureOf } from './causes.ts';

/** How long things take that are well; only what lasts longer is a problem. In milliseconds. */
export const workerPatience = {
  /** From the making of a machine to its Node. */
  join: 300_000,
  /** From the first word of a kubelet to pod networking. */
  network: 120_000,
  certificate: 300_000,
} as const;

/** Server states in which somebody put a server. Source: Nova's API, "Server concepts". */
const stopped = new Set(['SHUTOFF', 'PAUSED', 'SUSPENDED', 'STOPPED', 'SHELVED', 'SHELVED_OFFLOADED']);

/** What the cluster itself says of its workers. */
export interface Inside {
  /** Undefined when the cluster could not be looked at. */
  readonly nodes: readonly ObservedNode[] | undefined;
  readonly requests: readonly ObservedCertificateRequest[];
}

export function insideOf({ tenant }: ObservedCluster): Inside {
  const found = seen(tenant);
  return { nodes: found?.nodes, requests: found?.requests ?? [] };
}

/** Why a machine is not a ready worker, as far as it can be told; undefined while nothing is wrong or it just needs its time. */
export function workerTrouble(machine: ObservedMachine, inside: Inside, now: Date): Failure | undefined {
  if (machine.failure !== undefined) return machine.failure;
  if (machine.deleting) return drainTrouble(machine);
  if (machine.ready) return undefined;
  const { server } = machine;
  if (server !== null && stopped.has(server)) return failureOf('ServerStopped', `${machine.name} is ${server}`);
  if (server === 'DELETED') return failureOf('ServerDeleted', machine.name);
  const node = inside.nodes?.find(({ machine: name }) => name === machine.name);
  if (node !== undefined) return nodeTrouble(node, now);
  if (machine.joined && inside.nodes !== undefined) return failureOf('NodeGone', machine.name);
  if (machine.consoleError !== null) return failureOf('CloudInitFailed', `${machine.name}: ${machine.consoleError}`);
  const request = inside.requests.find(
    ({ node: name, since }) => name === machine.name && isOver(since, workerPatience.certificate, now),
  );
  if (request !== undefined)
    return failureOf(
      'CertificateRequestPending',
      `${request.name} of ${machine.name} waits since ${request.since.toISOString()}`,
    );
  if (server === 'ACTIVE' && inside.nodes !== undefined && isOver(machine.createdAt, workerPatience.join, now))
    return failureOf('NodeNotRegistered', `${machine.name} was made at ${machine.createdAt.toISOString()}`);
  return undefined;
}

function drainTrouble({ name, drain }: ObservedMachine): Failure | undefined {
  return drain !== null && /disruption budget/i.test(drain)
    ? failureOf('DrainBlocked', `${name}: ${drain}`)
    : undefined;
}

function nodeTrouble(node: ObservedNode, now: Date): Failure | undefined {
  const { name, ready } = node;
  const said = `${name}: ${ready.message}`;
  if (ready.status === 'Unknown') return failureOf('NodeSilent', said);
  if (ready.status === 'True') return undefined;
  if (!isOver(ready.since, workerPatience.network, now)) return undefined;
  if (/network ?plugin|NetworkReady=false|cni/i.test(ready.message)) return failureOf('NetworkPluginNotReady', said);
  return failureOf('NodeNotReady', said);
}

/** What makes a node that works worse: the first one that is short of something. */
export function pressureOf(nodes: readonly ObservedNode[]): Failure | undefined {
  const short = nodes.find(({ pressures }) => pressures.length > 0);
  const types = short?.pressures.map(({ type }) => type) ?? [];
  return short === undefined ? undefined : failureOf('NodeUnderPressure', `${short.name}: ${types.join(', ')}`);
}

function isOver(since: Date, patienceMs: number, now: Date): boolean {
  return now.getTime() - since.getTime() > patienceMs;
}
