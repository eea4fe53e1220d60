import type { KubeObject } from './object.ts';

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: Terminated;
  };
  readonly lastState?: { readonly terminated?: Terminated };
}

interface Terminated {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
}

interface Pod extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/**
 * Why a pod is not ready, in Kubernetes' own words: not scheduled, what a container waits for, how it ended, or that its readiness probe
 * does not pass. Undefined for one that is ready or has done its work.
 * Source: PodStatus and ContainerStatus of the core/v1 API.
 */
export function podTrouble(pod: KubeObject): string | undefined {
  const { status } = pod as Pod;
  const condition = (type: string) => status?.conditions?.find((one) => one.type === type);
  if (status?.phase === 'Succeeded' || condition('Ready')?.status === 'True') return undefined;
  const unscheduled = condition('PodScheduled');
  if (unscheduled?.status === 'False') return unscheduled.message ?? 'not scheduled to a node';
  // Until an init container has ended the others wait for it, which would hide the one that counts.
  for (const container of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const trouble = containerTrouble(container);
    if (trouble !== undefined) return trouble;
  }
  return condition('Ready')?.message ?? 'not started yet by the kubelet of its node';
}

function containerTrouble({ name, ready, state, lastState }: ContainerStatus): string | undefined {
  if (ready === true || state?.terminated?.exitCode === 0) return undefined;
  const { waiting } = state ?? {};
  const ended = state?.terminated ?? lastState?.terminated;
  if (waiting === undefined && ended === undefined) return undefined;
  const words = [
    ...(waiting === undefined ? [] : [waiting.reason, waiting.message]),
    ...(ended === undefined ? [] : [`ended with ${ended.exitCode}`, ended.reason, ended.message]),
  ].filter((word) => word !== undefined && word !== '');
  return `container ${name}: ${words.join(', ').trim()}`;
}
