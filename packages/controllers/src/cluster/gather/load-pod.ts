import { matches, type Rejection, type Requirement, type ScheduledPod, type Toleration } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { requestOf } from '../../requests.ts';
import { at, conditionsOf, listAt, textAt } from '../read.ts';

/** A pod as far as where it can run is concerned; `spent` are the disruption budgets that allow no eviction now. */
export function scheduledPod(pod: KubeObject, spent: readonly KubeObject[]): ScheduledPod {
  const { name, namespace = '', labels = {} } = pod.metadata;
  const scheduled = conditionsOf(pod).find(({ type }) => type === 'PodScheduled');
  const owner = listAt(pod, 'metadata', 'ownerReferences').find((one) => at(one, 'controller') === true);
  return {
    ...{ namespace, name, labels },
    node: textAt(pod, 'spec', 'nodeName') ?? null,
    unschedulable: scheduled?.status === 'False' && scheduled.reason === 'Unschedulable',
    needs: {
      cpuMillis: Math.ceil(requestOf(pod, 'cpu') * 1_000),
      memoryBytes: requestOf(pod, 'memory'),
      pods: 1,
    },
    nodeSelector: (at(pod, 'spec', 'nodeSelector') ?? {}) as Record<string, string>,
    nodeTerms: listAt(pod, 'spec', 'affinity', 'nodeAffinity', required, 'nodeSelectorTerms').map((term) =>
      listAt(term, 'matchExpressions').flatMap(requirement),
    ),
    tolerations: listAt(pod, 'spec', 'tolerations').map(toleration),
    rejects: listAt(pod, 'spec', 'affinity', 'podAntiAffinity', required)
      .filter((term) => at(term, 'topologyKey') === 'kubernetes.io/hostname')
      .map((term) => rejection(term, namespace)),
    everywhere:
      textAt(owner, 'kind') === 'DaemonSet' || pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined,
    pinned: pinnedBy(pod, owner, spent),
  };
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution';

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'] as const;

function requirement(value: unknown): readonly Requirement[] {
  const operator = operators.find((known) => known === at(value, 'operator'));
  const values = listAt(value, 'values').map(String);
  return operator === undefined ? [] : [{ key: textAt(value, 'key') ?? '', operator, values }];
}

function toleration(value: unknown): Toleration {
  return {
    key: textAt(value, 'key') ?? '',
    operator: at(value, 'operator') === 'Exists' ? 'Exists' : 'Equal',
    value: textAt(value, 'value') ?? '',
    effect: textAt(value, 'effect') ?? '',
  };
}

/** A label selector as requirements. */
function selected(selector: unknown): readonly Requirement[] {
  const labels = Object.entries((at(selector, 'matchLabels') ?? {}) as Record<string, string>);
  return [
    ...labels.map(([key, value]): Requirement => ({ key, operator: 'In', values: [value] })),
    ...listAt(selector, 'matchExpressions').flatMap(requirement),
  ];
}

function rejection(term: unknown, own: string): Rejection {
  const namespaces = listAt(term, 'namespaces').map(String);
  return {
    namespaces: namespaces.length === 0 ? [own] : namespaces,
    requirements: selected(at(term, 'labelSelector')),
  };
}

const stay = 'cluster-autoscaler.kubernetes.io/safe-to-evict';

/** Why a pod cannot be moved to another node. */
function pinnedBy(pod: KubeObject, owner: unknown, spent: readonly KubeObject[]): string | null {
  const { annotations, labels = {}, namespace } = pod.metadata;
  if (annotations?.[stay] === 'false') return `it has the annotation ${stay}=false`;
  if (owner === undefined && annotations?.[stay] !== 'true') return 'nothing would make it again';
  const budget = spent.find(
    ({ metadata, spec }) => metadata.namespace === namespace && matches(selected(at(spec, 'selector')), labels),
  );
  return budget === undefined ? null : `the disruption budget ${budget.metadata.name} allows no eviction`;
}
