import type { UpgradeFacts } from '@matryoshka/domain';
import type { KubeClient, KubeObject } from '@matryoshka/kube';
import { TypedError } from '@matryoshka/system';
import type { ClusterContext } from '../cluster/context.ts';
import { readAdminKubeconfig } from '../cluster/gather/gather.ts';
import { at, conditionsOf, numberAt, textAt } from '../cluster/read.ts';
import { deprecatedApis } from './metrics.ts';

/** Looks into a cluster for what could stand in the way of an upgrade. Throws what keeps it from looking. */
export async function gatherUpgradeFacts(
  context: ClusterContext,
  clusterId: string,
  signal: AbortSignal,
): Promise<UpgradeFacts> {
  const cluster = await context.store.load(clusterId);
  const kubeconfig = cluster === undefined ? undefined : await readAdminKubeconfig(context, cluster, signal);
  if (kubeconfig === undefined)
    throw new TypedError('its control plane cannot be reached yet', { code: 'kubeconfig_missing' });
  return await readUpgradeFacts(context.tenants.client(clusterId, kubeconfig), signal);
}

/** Of the replica of the API server that answers: which deprecated APIs were asked for, the others know for themselves. */
export async function readUpgradeFacts(client: KubeClient, signal: AbortSignal): Promise<UpgradeFacts> {
  const list = async (apiVersion: string, kind: string): Promise<readonly KubeObject[]> =>
    (await client.list({ apiVersion, kind }, { signal })).items;
  const [nodes, budgets, validating, mutating, slices, pods, metrics] = await Promise.all([
    list('v1', 'Node'),
    list('policy/v1', 'PodDisruptionBudget'),
    list('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'),
    list('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'),
    list('discovery.k8s.io/v1', 'EndpointSlice'),
    list('v1', 'Pod'),
    client.transport.text({ method: 'GET', path: '/metrics', signal }),
  ]);
  return {
    nodes: nodes.map((node) => ({
      name: node.metadata.name,
      ready: conditionsOf(node).some(({ type, status }) => type === 'Ready' && status === 'True'),
    })),
    fullBudgets: budgets.flatMap(fullBudget),
    deadWebhooks: [...validating, ...mutating].flatMap((configuration) => deadWebhooks(configuration, slices)),
    deprecatedApis: deprecatedApis(metrics),
    barePods: pods.filter(isBare).map(fullName),
  };
}

const fullName = ({ metadata: { namespace = '', name } }: KubeObject): string => `${namespace}/${name}`;

/** A budget nobody's pods fall under keeps nobody. */
function fullBudget(budget: KubeObject): UpgradeFacts['fullBudgets'] {
  const pods = numberAt(budget, 'status', 'expectedPods');
  if (pods === 0 || numberAt(budget, 'status', 'disruptionsAllowed') > 0) return [];
  return [{ name: fullName(budget), pods, healthy: numberAt(budget, 'status', 'currentHealthy') }];
}

function deadWebhooks(configuration: KubeObject, slices: readonly KubeObject[]): UpgradeFacts['deadWebhooks'] {
  const webhooks = at(configuration, 'webhooks');
  if (!Array.isArray(webhooks)) return [];
  return webhooks.flatMap((webhook: unknown) => {
    const name = textAt(webhook, 'clientConfig', 'service', 'name');
    const namespace = textAt(webhook, 'clientConfig', 'service', 'namespace');
    // Where a URL is called, only a call would tell.
    if (name === undefined || namespace === undefined || at(webhook, 'failurePolicy') === 'Ignore') return [];
    const answers = slices.some(
      (slice) =>
        slice.metadata.namespace === namespace &&
        slice.metadata.labels?.['kubernetes.io/service-name'] === name &&
        readyEndpoints(slice) > 0,
    );
    if (answers) return [];
    return [
      {
        name: textAt(webhook, 'name') ?? configuration.metadata.name,
        service: `${namespace}/${name}`,
        resources: resourcesOf(webhook),
      },
    ];
  });
}

/** Not saying is ready (discovery.k8s.io/v1, EndpointConditions). */
function readyEndpoints(slice: KubeObject): number {
  const endpoints = at(slice, 'endpoints');
  return Array.isArray(endpoints)
    ? endpoints.filter((endpoint: unknown) => at(endpoint, 'conditions', 'ready') !== false).length
    : 0;
}

function resourcesOf(webhook: unknown): string {
  const rules = at(webhook, 'rules');
  if (!Array.isArray(rules)) return 'nothing';
  const named = rules.flatMap((rule: unknown) => {
    const resources = at(rule, 'resources');
    return Array.isArray(resources) ? resources.filter((resource) => typeof resource === 'string') : [];
  });
  return [...new Set(named)].join(', ') || 'nothing';
}

function isBare({ metadata, ...pod }: KubeObject): boolean {
  const isOver = ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase') ?? '');
  return !isOver && (metadata.ownerReferences ?? []).length === 0 && metadata.deletionTimestamp === undefined;
}
