import type {
  AuditRecord,
  Cluster,
  ClusterPlan,
  DeletionItem,
  DeletionReceipt,
  Event,
  Flavor,
  LogExport,
  Me,
  Node,
  Operation,
  Pool,
  Project,
  QuotaEntry,
  Repair,
  Resource,
  UpgradePlan,
  Version,
  Webhook,
  WebhookDelivery,
} from '@matryoshka/contract';
import type { View } from './format.ts';
import { money } from './money-views.ts';
import { formatAge } from './table.ts';

const workers = (cluster: Cluster): string => {
  const ready = cluster.pools.reduce((sum, pool) => sum + pool.status.ready, 0);
  const wanted = cluster.pools.reduce((sum, pool) => sum + pool.count, 0);
  return `${ready}/${wanted}`;
};

export const clusterView = (now: Date): View<Cluster> => ({
  name: (cluster) => cluster.name,
  columns: [
    { head: 'NAME', cell: (cluster) => cluster.name },
    { head: 'ID', cell: (cluster) => cluster.id },
    { head: 'PHASE', cell: (cluster) => cluster.status.phase },
    { head: 'TIER', cell: (cluster) => cluster.tier },
    { head: 'VERSION', cell: (cluster) => cluster.status.kubernetesVersion ?? cluster.kubernetesVersion },
    { head: 'WORKERS', cell: workers },
    { head: 'AGE', cell: (cluster) => formatAge(cluster.createdAt, now) },
    { head: 'LABELS', cell: (cluster) => pairs(cluster.labels), wide: true },
    { head: 'ENDPOINT', cell: (cluster) => cluster.status.endpoint ?? '', wide: true },
    {
      head: 'WAITING FOR',
      cell: (cluster) => cluster.status.conditions.find((condition) => condition.status !== 'True')?.message ?? '',
      wide: true,
    },
  ],
});

export const poolView: View<Pool> = {
  name: (pool) => pool.name,
  columns: [
    { head: 'NAME', cell: (pool) => pool.name },
    { head: 'FLAVOR', cell: (pool) => pool.flavor },
    { head: 'VERSION', cell: (pool) => pool.kubernetesVersion },
    { head: 'COUNT', cell: (pool) => String(pool.count) },
    { head: 'READY', cell: (pool) => String(pool.status.ready) },
    { head: 'MACHINES', cell: (pool) => String(pool.status.machines) },
    {
      head: 'BOUNDS',
      cell: ({ autoscaling }) => (autoscaling === null ? '' : `${autoscaling.min}-${autoscaling.max}`),
    },
    { head: 'REPAIR', cell: (pool) => (pool.autoRepair ? 'auto' : 'off'), wide: true },
    {
      head: 'SURGE',
      cell: (pool) =>
        `+${pool.rollout.maxSurge} -${pool.rollout.maxUnavailable}${pool.rollout.paused ? ' paused' : ''}`,
      wide: true,
    },
    { head: 'LABELS', cell: (pool) => pairs(pool.labels), wide: true },
    {
      head: 'TAINTS',
      cell: (pool) => pool.taints.map((taint) => `${taint.key}=${taint.value ?? ''}:${taint.effect}`).join(','),
      wide: true,
    },
  ],
};

export const nodeView = (now: Date): View<Node> => ({
  name: (node) => node.name,
  columns: [
    { head: 'NAME', cell: (node) => node.name },
    { head: 'POOL', cell: (node) => node.pool },
    { head: 'FLAVOR', cell: (node) => node.flavor },
    { head: 'STATE', cell: (node) => node.state },
    { head: 'VERSION', cell: (node) => node.kubernetesVersion ?? '' },
    { head: 'ADDRESS', cell: (node) => node.address ?? '' },
    { head: 'AGE', cell: (node) => formatAge(node.createdAt, now) },
    { head: 'SERVER', cell: (node) => node.serverId ?? '', wide: true },
    { head: 'WHY', cell: (node) => node.cause?.message ?? '' },
  ],
});

export const repairView = (now: Date): View<Repair> => ({
  name: (repair) => repair.node,
  columns: [
    { head: 'NODE', cell: (repair) => repair.node },
    { head: 'POOL', cell: (repair) => repair.pool },
    { head: 'AGO', cell: (repair) => formatAge(repair.at, now) },
    { head: 'CAUSE', cell: (repair) => repair.cause.code },
    { head: 'WHY', cell: (repair) => repair.cause.message },
  ],
});

export const resourceView = (now: Date): View<Resource> => ({
  name: (resource) => `${resource.kind}/${resource.id}`,
  columns: [
    { head: 'KIND', cell: (resource) => resource.kind },
    { head: 'FOR', cell: (resource) => resource.usedBy ?? '' },
    { head: 'STATUS', cell: (resource) => resource.status },
    { head: 'ADDRESS', cell: (resource) => resource.address ?? '' },
    { head: 'SIZE', cell: (resource) => (resource.sizeGib === null ? '' : `${resource.sizeGib} GiB`) },
    { head: 'AGE', cell: (resource) => (resource.createdAt === null ? '' : formatAge(resource.createdAt, now)) },
    { head: 'ID', cell: (resource) => resource.id },
    { head: 'NAME', cell: (resource) => resource.name, wide: true },
  ],
});

export const deletionItemView: View<DeletionItem> = {
  name: (item) => `${item.kind}/${item.id}`,
  columns: [
    { head: 'FATE', cell: (item) => item.fate },
    { head: 'KIND', cell: (item) => item.kind },
    { head: 'NAME', cell: (item) => item.name },
    { head: 'FOR', cell: (item) => item.usedBy ?? '' },
    { head: 'SIZE', cell: (item) => (item.sizeGib === null ? '' : `${item.sizeGib} GiB`) },
    { head: 'PER MONTH', cell: (item) => money(item.perMonth ?? null, null) },
    { head: 'ID', cell: (item) => item.id, wide: true },
    { head: 'WHY', cell: (item) => item.reason, wide: true },
  ],
};

export const receiptView = (now: Date): View<DeletionReceipt> => ({
  name: (receipt) => receipt.clusterId,
  columns: [
    { head: 'CLUSTER', cell: (receipt) => receipt.clusterName },
    { head: 'ID', cell: (receipt) => receipt.clusterId },
    { head: 'BY', cell: (receipt) => receipt.requestedBy },
    { head: 'DELETED', cell: (receipt) => fates(receipt, 'deleted') },
    { head: 'KEPT', cell: (receipt) => fates(receipt, 'kept') },
    {
      head: 'FINISHED',
      cell: ({ finishedAt }) => (finishedAt === null ? 'running' : `${formatAge(finishedAt, now)} ago`),
    },
  ],
});

const fates = ({ items }: DeletionReceipt, fate: DeletionItem['fate']): string =>
  String(items.filter((item) => item.fate === fate).length);

export const operationView = (now: Date): View<Operation> => ({
  name: (operation) => operation.id,
  columns: [
    { head: 'ID', cell: (operation) => operation.id },
    { head: 'KIND', cell: (operation) => operation.kind },
    { head: 'CLUSTER', cell: (operation) => operation.clusterName },
    { head: 'STATE', cell: (operation) => operation.state },
    { head: 'DONE', cell: (operation) => `${operation.percent}%` },
    { head: 'AGE', cell: (operation) => formatAge(operation.createdAt, now) },
    { head: 'MESSAGE', cell: (operation) => operation.error?.message ?? operation.message },
  ],
});

export const projectView: View<Project> = {
  name: (project) => project.name,
  columns: [
    { head: 'NAME', cell: (project) => project.name },
    { head: 'ID', cell: (project) => project.id },
  ],
};

export const versionView: View<Version> = {
  name: (version) => version.version,
  columns: [
    { head: 'VERSION', cell: (version) => version.version },
    { head: 'STATE', cell: (version) => version.state },
    { head: 'DEFAULT', cell: (version) => (version.default ? 'yes' : '') },
    { head: 'AVAILABLE', cell: (version) => (version.available ? 'yes' : 'no') },
  ],
};

export const flavorView: View<Flavor> = {
  name: (flavor) => flavor.name,
  columns: [
    { head: 'NAME', cell: (flavor) => flavor.name },
    { head: 'VCPUS', cell: (flavor) => String(flavor.vcpus) },
    { head: 'MEMORY', cell: (flavor) => `${flavor.ramMib} MiB` },
    { head: 'DISK', cell: (flavor) => `${flavor.diskGib} GiB` },
    { head: 'PER HOUR', cell: (flavor) => flavor.perHour ?? '' },
  ],
};

export const quotaView: View<QuotaEntry> = {
  name: (entry) => entry.resource,
  columns: [
    { head: 'RESOURCE', cell: (entry) => entry.resource },
    { head: 'LIMIT', cell: (entry) => (entry.limit === null ? 'none' : String(entry.limit)) },
    { head: 'USED', cell: (entry) => String(entry.used) },
    { head: 'PROMISED', cell: (entry) => String(entry.promised) },
    { head: 'FOR UPGRADES', cell: (entry) => String(entry.upgradeReserve) },
    { head: 'LEFT', cell: (entry) => (entry.left === null ? 'unlimited' : String(entry.left)) },
  ],
};

export const auditRecordView: View<AuditRecord> = {
  name: (record) => String(record.sequence),
  columns: [
    { head: 'AT', cell: (record) => record.at },
    { head: 'USER', cell: (record) => record.user.name },
    { head: 'ACTION', cell: (record) => record.action },
    { head: 'RESOURCE', cell: (record) => record.resource },
    { head: 'FROM', cell: (record) => record.remoteAddress ?? '' },
    { head: 'SEQUENCE', cell: (record) => String(record.sequence), wide: true },
    { head: 'AFTER', cell: (record) => (record.after === null ? '' : JSON.stringify(record.after)), wide: true },
  ],
};

export const upgradeStepView: View<UpgradePlan['steps'][number]> = {
  name: (step) => `${step.kind}/${step.name}`,
  columns: [
    { head: 'WHAT', cell: (step) => step.kind },
    { head: 'NAME', cell: (step) => step.name },
    { head: 'FROM', cell: (step) => step.from },
    { head: 'TO', cell: (step) => step.to },
    { head: 'WORKERS', cell: (step) => (step.kind === 'pool' ? String(step.workers) : '') },
  ],
};

export const plannedView: View<ClusterPlan['creates'][number]> = {
  name: (item) => `${item.kind}/${item.name}`,
  columns: [
    { head: 'KIND', cell: (item) => item.kind },
    { head: 'NAME', cell: (item) => item.name },
    { head: 'COUNT', cell: (item) => String(item.count) },
    { head: 'PER MONTH', cell: (item) => money(item.perMonth, null) },
  ],
};

export const meView: View<Me> = {
  name: (me) => me.user.name,
  columns: [
    { head: 'USER', cell: (me) => me.user.name },
    { head: 'PROJECT', cell: (me) => me.project.name },
    { head: 'ROLE', cell: (me) => me.role },
    { head: 'UNTIL', cell: (me) => me.expiresAt },
  ],
};

export const eventView: View<Event> = {
  name: (event) => event.id,
  columns: [
    { head: 'AT', cell: (event) => event.at },
    { head: 'TYPE', cell: (event) => event.type },
    { head: 'CLUSTER', cell: (event) => event.clusterId ?? '' },
    { head: 'DATA', cell: (event) => JSON.stringify(event.data) },
  ],
};

function pairs(record: Readonly<Record<string, string>>): string {
  return Object.entries(record)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

export const webhookView = (now: Date): View<Webhook> => ({
  name: ({ id }) => id,
  columns: [
    { head: 'ID', cell: ({ id }) => id },
    { head: 'URL', cell: ({ url }) => url },
    { head: 'EVENTS', cell: ({ eventTypes }) => eventTypes?.join(',') ?? 'all' },
    {
      head: 'STATE',
      cell: ({ enabled, disabledReason, failingSince }) =>
        enabled
          ? failingSince === null
            ? 'on'
            : `failing for ${formatAge(failingSince, now)}`
          : disabledReason === null
            ? 'off'
            : `off: ${disabledReason}`,
    },
    { head: 'DESCRIPTION', cell: ({ description }) => description, wide: true },
  ],
});

export const deliveryView = (now: Date): View<WebhookDelivery> => ({
  name: ({ id }) => id,
  columns: [
    { head: 'ID', cell: ({ id }) => id },
    { head: 'EVENT', cell: ({ eventType }) => eventType },
    { head: 'STATE', cell: ({ state }) => state },
    { head: 'ATTEMPTS', cell: ({ attempts }) => String(attempts) },
    { head: 'LAST', cell: ({ lastError, lastStatus }) => lastError ?? (lastStatus === null ? '' : String(lastStatus)) },
    { head: 'AGE', cell: ({ createdAt }) => formatAge(createdAt, now) },
    { head: 'MESSAGE', cell: ({ messageId }) => messageId, wide: true },
  ],
});

export const logExportView = (now: Date): View<LogExport> => ({
  name: (one) => one.id,
  columns: [
    { head: 'ID', cell: (one) => one.id },
    { head: 'KIND', cell: (one) => one.kind },
    { head: 'URL', cell: (one) => one.url },
    { head: 'COMPONENTS', cell: (one) => one.components.join(',') },
    { head: 'STATE', cell: (one) => one.state },
    { head: 'SENT', cell: (one) => (one.lastSentAt === null ? '' : formatAge(one.lastSentAt, now)) },
    { head: 'ERROR', cell: (one) => one.lastError ?? '' },
  ],
});
