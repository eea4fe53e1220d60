import type { FleetCluster, Leftover, ManagementCluster, Remain } from '@matryoshka/contract';
import type { View } from './format.ts';
import { formatAge } from './table.ts';

const gib = (mib: number): string => `${(mib / 1024).toFixed(1)} GiB`;

export const managementClusterView: View<ManagementCluster> = {
  name: (cluster) => cluster.name,
  columns: [
    { head: 'NAME', cell: (cluster) => cluster.name },
    { head: 'STATE', cell: (cluster) => cluster.state },
    { head: 'NODES', cell: (cluster) => String(cluster.nodes) },
    { head: 'STANDARD', cell: (cluster) => String(cluster.tenants.standard) },
    { head: 'HA', cell: (cluster) => String(cluster.tenants.ha) },
    {
      head: 'MEMORY',
      cell: ({ used, capacity }) =>
        `${gib(used.memoryMib)}${capacity === null ? '' : ` of ${gib(capacity.memoryMib)}`}`,
    },
    {
      head: 'CPU',
      cell: ({ used, capacity }) =>
        `${(used.cpuMillis / 1000).toFixed(1)}${capacity === null ? '' : ` of ${(capacity.cpuMillis / 1000).toFixed(1)}`}`,
    },
    {
      head: 'DATASTORES',
      cell: ({ dataStores }) =>
        dataStores
          .map(
            ({ name, reservedConnections, maxConnections }) =>
              `${name} ${reservedConnections}${maxConnections === null ? '' : ` of ${maxConnections}`} connections`,
          )
          .join(', '),
    },
    { head: 'WHY NOT', cell: ({ full, cordonReason }) => cordonReason ?? full ?? '' },
    { head: 'REGION', cell: (cluster) => cluster.region, wide: true },
  ],
};

export const fleetClusterView = (now: Date): View<FleetCluster> => ({
  name: ({ id }) => id,
  columns: [
    { head: 'PROJECT', cell: ({ projectName }) => projectName },
    { head: 'NAME', cell: ({ name }) => name },
    { head: 'ID', cell: ({ id }) => id },
    { head: 'PHASE', cell: ({ phase }) => phase },
    { head: 'TIER', cell: ({ tier }) => tier },
    { head: 'VERSION', cell: ({ kubernetesVersion }) => kubernetesVersion },
    { head: 'WORKERS', cell: ({ workers: { ready, wanted } }) => `${ready}/${wanted}` },
    { head: 'AGE', cell: ({ createdAt }) => formatAge(createdAt, now) },
    {
      head: 'OPERATION',
      cell: ({ operation }) =>
        operation === null ? '' : `${operation.kind} ${operation.percent}%${operation.late ? ' (late)' : ''}`,
    },
    { head: 'CAUSE', cell: ({ cause }) => cause?.code ?? '' },
    { head: 'WHY', cell: ({ cause }) => cause?.message ?? '', wide: true },
    { head: 'PROJECT ID', cell: ({ projectId }) => projectId, wide: true },
    { head: 'MANAGEMENT CLUSTER', cell: ({ managementCluster }) => managementCluster, wide: true },
  ],
});

export const leftoverView = (now: Date): View<Leftover> => ({
  name: ({ kind, id }) => `${kind}/${id}`,
  columns: [
    { head: 'PROJECT', cell: ({ projectName }) => projectName },
    { head: 'CLUSTER', cell: ({ clusterName }) => clusterName },
    { head: 'KIND', cell: ({ kind }) => kind },
    { head: 'FOR', cell: ({ usedBy }) => usedBy ?? '' },
    { head: 'STATUS', cell: ({ status }) => status },
    { head: 'WHY', cell: ({ reason }) => reason },
    {
      head: 'REMOVAL',
      cell: ({ removal }) =>
        removal === null ? '' : (removal.error ?? `asked for ${formatAge(removal.requestedAt, now)} ago`),
    },
    {
      head: 'ADOPTION',
      cell: ({ adoption }) => (adoption === null ? '' : (adoption.error ?? `by ${adoption.clusterName}`)),
    },
    { head: 'ID', cell: ({ id }) => id },
    { head: 'NAME', cell: ({ name }) => name, wide: true },
  ],
});

export const remainView = (now: Date): View<Remain> => ({
  name: (remain) => remain.name,
  columns: [
    { head: 'CLUSTER', cell: (remain) => remain.clusterId },
    { head: 'KIND', cell: (remain) => remain.kind },
    { head: 'NAME', cell: (remain) => remain.name },
    { head: 'PROJECT', cell: (remain) => remain.projectName },
    { head: 'FORCED', cell: (remain) => formatAge(remain.forcedAt, now) },
    { head: 'WHY', cell: (remain) => remain.reason },
  ],
});
