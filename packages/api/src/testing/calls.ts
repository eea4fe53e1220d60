import type { OperationId } from '@matryoshka/contract';
import type { Call } from './http.ts';

/** Whose objects an operation is called on. */
export interface Target {
  readonly projectId: string;
  readonly clusterId: string;
  readonly operationId: string;
  /** Of a cluster that is gone but for its receipt. */
  readonly deletedClusterId: string;
  /** A token of the caller's own. */
  readonly tokenId: string;
  readonly webhookId: string;
  readonly deliveryId: string;
  /** Of the provider, valid in a far future. */
  readonly priceListId: string;
  readonly leftoverId: string;
  readonly memberId: string;
  readonly logExportId: string;
  /** One that can be restored. */
  readonly backupId: string;
  /** Of a cluster that is being deleted. */
  readonly deletingClusterId: string;
}

let lists = 0;
/** Never the same twice. */
export const farFuture = (year: number): Date => {
  lists += 1;
  return new Date(Date.UTC(year, 0, lists));
};

const cluster = ({ clusterId }: Target) => ({ clusterId });
const pool = ({ clusterId }: Target) => ({ clusterId, poolName: 'workers' });
const backup = ({ clusterId, backupId }: Target) => ({ clusterId, backupId });
const webhook = ({ webhookId }: Target) => ({ params: { webhookId } });

/** How each operation is called on a target. `object: false`: the operation has none, so whose it is makes no difference. */
export const calls: Readonly<
  Record<OperationId, { readonly object: boolean; readonly call: (target: Target) => Call }>
> = {
  'auth.methods': { object: false, call: () => ({}) },
  'auth.login': {
    object: false,
    call: () => ({ body: { method: 'password', user: 'ann', password: 'pw' } }),
  },
  'auth.browser-login': {
    object: false,
    call: () => ({ body: { method: 'password', user: 'ann', password: 'pw' } }),
  },
  'auth.logout': { object: false, call: () => ({}) },
  'me.get': { object: false, call: () => ({}) },
  'project.list': { object: false, call: () => ({}) },
  'member.list': { object: false, call: () => ({}) },
  'member.add': {
    object: false,
    call: ({ clusterId }) => ({
      body: { issuer: 'corp', kind: 'group', value: `of-${clusterId}`, role: 'viewer' },
    }),
  },
  'member.remove': { object: true, call: ({ memberId }) => ({ params: { memberId } }) },
  'token.list': { object: false, call: () => ({}) },
  'token.create': { object: false, call: () => ({ body: { name: 'x', role: 'viewer' } }) },
  'token.get': { object: true, call: ({ tokenId }) => ({ params: { tokenId } }) },
  'token.revoke': { object: true, call: ({ tokenId }) => ({ params: { tokenId } }) },
  'version.list': { object: false, call: () => ({}) },
  'flavor.list': { object: false, call: () => ({}) },
  'cluster.list': { object: false, call: () => ({}) },
  'cluster.create': { object: false, call: ({ clusterId }) => ({ body: { name: `another-${clusterId}` } }) },
  'cluster.plan': { object: false, call: ({ clusterId }) => ({ body: { name: `another-${clusterId}` } }) },
  'cluster.get': { object: true, call: (target) => ({ params: cluster(target) }) },
  'cluster.update': { object: true, call: (target) => ({ params: cluster(target), body: { tier: 'ha' } }) },
  'cluster.delete': { object: true, call: (target) => ({ params: cluster(target) }) },
  'cluster.kubeconfig': { object: true, call: (target) => ({ params: cluster(target) }) },
  'credential.create': { object: true, call: (target) => ({ params: cluster(target) }) },
  'credential.revoke': { object: true, call: (target) => ({ params: cluster(target) }) },
  'upgrade.plan': { object: true, call: (target) => ({ params: cluster(target) }) },
  'hibernation.get': { object: true, call: (target) => ({ params: cluster(target) }) },
  'backup.list': { object: true, call: (target) => ({ params: cluster(target) }) },
  'backup.get': { object: true, call: (target) => ({ params: backup(target) }) },
  'backup.create': { object: true, call: (target) => ({ params: cluster(target), body: {} }) },
  'backup.delete': { object: true, call: (target) => ({ params: backup(target) }) },
  'backup.restore': {
    object: true,
    call: (target) => ({ params: backup(target) }),
  },
  'certificate.get': { object: true, call: (target) => ({ params: cluster(target) }) },
  'certificate.renew': { object: true, call: (target) => ({ params: cluster(target) }) },
  'certificate.rotate': { object: true, call: (target) => ({ params: cluster(target) }) },
  'certificate.complete': { object: true, call: (target) => ({ params: cluster(target) }) },
  'key.list': { object: true, call: (target) => ({ params: cluster(target) }) },
  'key.rotate': { object: true, call: (target) => ({ params: { ...cluster(target), key: 'encryption' } }) },
  'deletion.plan': { object: true, call: (target) => ({ params: cluster(target) }) },
  'deletion.undo': { object: true, call: (target) => ({ params: cluster(target) }) },
  'receipt.list': { object: false, call: () => ({}) },
  'receipt.get': { object: true, call: (target) => ({ params: { clusterId: target.deletedClusterId } }) },
  'log.get': {
    object: true,
    call: (target) => ({ params: cluster(target), query: { component: 'kube-apiserver', tail: '5' } }),
  },
  'log-export.list': { object: true, call: (target) => ({ params: cluster(target) }) },
  'log-export.create': {
    object: true,
    call: (target) => ({
      params: cluster(target),
      body: { kind: 'http', url: 'https://logs.example.com/', components: ['audit'] },
    }),
  },
  'log-export.delete': {
    object: true,
    call: (target) => ({ params: { ...cluster(target), logExportId: target.logExportId } }),
  },
  'node.list': { object: true, call: (target) => ({ params: cluster(target) }) },
  'node.get': { object: true, call: (target) => ({ params: { ...cluster(target), nodeName: 'workers-1' } }) },
  'node.recycle': { object: true, call: (target) => ({ params: { ...cluster(target), nodeName: 'workers-1' } }) },
  'repair.list': { object: true, call: (target) => ({ params: cluster(target) }) },
  'pool.list': { object: true, call: (target) => ({ params: cluster(target) }) },
  'pool.get': { object: true, call: (target) => ({ params: pool(target) }) },
  'pool.create': {
    object: true,
    call: (target) => ({ params: cluster(target), body: { name: 'more', flavor: 'm1.small', count: 1 } }),
  },
  'pool.update': { object: true, call: (target) => ({ params: pool(target), body: { count: 2 } }) },
  'pool.delete': { object: true, call: (target) => ({ params: pool(target) }) },
  'quota.get': { object: false, call: () => ({}) },
  'audit.list': { object: false, call: () => ({}) },
  'audit.export': { object: false, call: () => ({}) },
  'audit.verify': { object: false, call: () => ({}) },
  'resource.list': { object: true, call: (target) => ({ params: cluster(target) }) },
  'operation.cancel': { object: true, call: ({ operationId }) => ({ params: { operationId } }) },
  'operation.list': { object: false, call: (target) => ({ query: { clusterId: target.clusterId } }) },
  'operation.get': { object: true, call: ({ operationId }) => ({ params: { operationId } }) },
  'event.stream': { object: false, call: (target) => ({ query: { clusterId: target.clusterId, after: '0' } }) },
  'price.list': { object: false, call: () => ({}) },
  'price.publish': {
    object: false,
    call: () => ({
      body: {
        currency: 'EUR',
        validFrom: farFuture(4000).toISOString(),
        prices: [{ item: 'node', sku: '', perHour: '1' }],
      },
    }),
  },
  // Not of a project.
  'price.withdraw': { object: false, call: ({ priceListId }) => ({ params: { priceListId } }) },
  'usage.get': { object: false, call: (target) => ({ query: { clusterId: target.clusterId } }) },
  'usage.fleet': { object: false, call: () => ({}) },
  'leftover.list': { object: false, call: () => ({}) },
  // Not of a project.
  'leftover.adopt': {
    object: false,
    call: ({ leftoverId, clusterId }) => ({ params: { kind: 'volume', leftoverId }, body: { clusterId } }),
  },
  // Not of a project.
  'leftover.remove': {
    object: false,
    call: ({ leftoverId }) => ({ params: { kind: 'load-balancer', leftoverId } }),
  },
  // Not of a project.
  'management-cluster.list': { object: false, call: () => ({}) },
  'management-cluster.cordon': {
    object: false,
    call: () => ({ params: { managementCluster: 'spare' }, body: { reason: 'repair' } }),
  },
  'management-cluster.uncordon': { object: false, call: () => ({ params: { managementCluster: 'spare' } }) },
  // Of all projects, and of none.
  'deletion.force': {
    object: false,
    call: ({ deletingClusterId }) => ({ params: { clusterId: deletingClusterId }, body: { reason: 'hangs' } }),
  },
  'remain.list': { object: false, call: () => ({}) },
  'remain.dismiss': {
    object: false,
    call: ({ deletedClusterId }) => ({
      params: { clusterId: deletedClusterId },
      body: { kind: 'namespace', name: deletedClusterId },
    }),
  },
  'fleet.summary': { object: false, call: () => ({}) },
  'fleet.clusters': { object: false, call: () => ({}) },
  'cost.get': { object: false, call: () => ({}) },
  'budget.set': { object: false, call: () => ({ body: { amount: '100' } }) },
  'budget.delete': { object: false, call: () => ({}) },
  'webhook.list': { object: false, call: () => ({}) },
  'webhook.create': { object: false, call: () => ({ body: { url: 'https://example.com/' } }) },
  'webhook.get': { object: true, call: webhook },
  'webhook.update': { object: true, call: (target) => ({ ...webhook(target), body: { enabled: false } }) },
  'webhook.delete': { object: true, call: webhook },
  'webhook.rotate': { object: true, call: webhook },
  'webhook.test': { object: true, call: webhook },
  'webhook.deliveries': { object: true, call: webhook },
  'webhook.replay': {
    object: true,
    call: ({ webhookId, deliveryId }) => ({ params: { webhookId, deliveryId } }),
  },
};

/** Their answers differ by the id or token they make. */
export const makesSomethingNew: readonly OperationId[] = [
  'auth.login',
  'auth.browser-login',
  'credential.create',
  'cluster.create',
  'cluster.plan',
  'log-export.create',
  'log-export.list',
  'member.add',
  'member.list',
  'token.create',
  'token.list',
  'webhook.create',
  'webhook.list',
  'webhook.rotate',
  'webhook.test',
  'webhook.replay',
  // Time passes.
  'usage.get',
  'cost.get',
  'price.list',
];

/** Of nothing there is. */
export const absent = {
  clusterId: 'c-aaaaaaaaaa',
  operationId: 'op-aaaaaaaaaaaa',
  deletedClusterId: 'c-bbbbbbbbbb',
  tokenId: 'tok-aaaaaaaaaaaa',
  webhookId: 'wh-aaaaaaaaaaaa',
  deliveryId: 'dl-aaaaaaaaaaaaaaaa',
  priceListId: 'pl-aaaaaaaaaaaa',
  leftoverId: 'lb-aaaaaaaaaaaa',
  memberId: 'mem-aaaaaaaaaaaa',
  logExportId: 'le-aaaaaaaaaaaa',
  backupId: 'b-aaaaaaaaaaaa',
  deletingClusterId: 'c-dddddddddd',
};
