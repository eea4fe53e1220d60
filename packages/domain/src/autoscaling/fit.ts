import type { NodeRoom, NodeTaint, Rejection, Requirement, Resources, ScheduledPod, Toleration } from './model.ts';

/** A node, or one to come, with the pods that are put on it in thought. */
export interface Bin {
  readonly room: NodeRoom;
  used: Resources;
  readonly pods: ScheduledPod[];
}

const nothing: Resources = { cpuMillis: 0, memoryBytes: 0, pods: 0 };

export const plus = (a: Resources, b: Resources): Resources => ({
  cpuMillis: a.cpuMillis + b.cpuMillis,
  memoryBytes: a.memoryBytes + b.memoryBytes,
  pods: a.pods + b.pods,
});

export function binOf(room: NodeRoom, pods: readonly ScheduledPod[]): Bin {
  return { room, pods: [...pods], used: pods.reduce((sum, pod) => plus(sum, pod.needs), nothing) };
}

/** Puts a pod on a node in thought, when the scheduler would; answers whether it did. */
export function place(bin: Bin, pod: ScheduledPod): boolean {
  if (!fits(bin, pod)) return false;
  bin.used = plus(bin.used, pod.needs);
  bin.pods.push(pod);
  return true;
}

/**
 * Whether the scheduler would put a pod on a node: room, selector, required affinity, taints, required anti-affinity by host name. Kubernetes has rules besides (spread over
 * zones, host ports, volumes of a zone); where one of them is at work the answer may be too good. Source: kube-scheduler, plugins of the Filter phase.
 */
export function fits({ room, used, pods }: Bin, pod: ScheduledPod): boolean {
  const { allocatable, labels, taints } = room;
  const needed = plus(used, pod.needs);
  if (needed.cpuMillis > allocatable.cpuMillis || needed.memoryBytes > allocatable.memoryBytes) return false;
  if (needed.pods > allocatable.pods) return false;
  if (!Object.entries(pod.nodeSelector).every(([key, value]) => labels[key] === value)) return false;
  if (pod.nodeTerms.length > 0 && !pod.nodeTerms.some((term) => matches(term, labels))) return false;
  if (!taints.every((taint) => tolerated(taint, pod.tolerations))) return false;
  return pods.every((other) => !rejects(pod, other) && !rejects(other, pod));
}

export function matches(requirements: readonly Requirement[], labels: Readonly<Record<string, string>>): boolean {
  return requirements.every((requirement) => holds(requirement, labels[requirement.key]));
}

function holds({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return Number(value) > Number(values[0]);
    case 'Lt':
      return Number(value) < Number(values[0]);
  }
}

function tolerated(taint: NodeTaint, tolerations: readonly Toleration[]): boolean {
  if (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') return true;
  return tolerations.some(
    ({ key, operator, value, effect }) =>
      (effect === '' || effect === taint.effect) &&
      (key === '' ? operator === 'Exists' : key === taint.key) &&
      (operator === 'Exists' || value === taint.value),
  );
}

function rejects(pod: ScheduledPod, other: ScheduledPod): boolean {
  return pod.rejects.some(
    ({ namespaces, requirements }: Rejection) =>
      namespaces.includes(other.namespace) && matches(requirements, other.labels),
  );
}
