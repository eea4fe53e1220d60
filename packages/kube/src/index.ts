export {
  type ApplyOptions,
  applyContentType,
  type CallOptions,
  type CreateOptions,
  clientOf,
  createKubeClient,
  type DeleteOptions,
  type KubeClient,
  type PatchOptions,
} from './client.ts';
export { type LeaderOptions, runAsLeader } from './controller/leader-election.ts';
export {
  createWorkQueue,
  runWorkers,
  type WorkQueue,
  type WorkQueueOptions,
  type WorkResult,
} from './controller/work-queue.ts';
export { createDiscovery, type Discovery, type Resource } from './discovery.ts';
export {
  isAlreadyExists,
  isConflict,
  isExpired,
  isForbidden,
  isInvalid,
  isNotFound,
  isTransient,
  isUnauthorized,
  type Status,
  StatusError,
} from './errors.ts';
export { type BackoffOptions, backoffMs } from './informer/backoff.ts';
export { createInformer, type Informer, type InformerOptions } from './informer/informer.ts';
export { createStore, type IndexFunction, keyOf, type Store } from './informer/store.ts';
export {
  buildKubeconfig,
  type Connection,
  type KubeconfigIdentity,
  loadKubeconfig,
  type ParseOptions,
  parseKubeconfig,
  parseServer,
} from './kubeconfig.ts';
export type { ListPage, ListQuery, ListResult } from './list.ts';
export { describeRef, type KubeObject, type ObjectMeta, type ObjectRef, type OwnerReference, refOf } from './object.ts';
export { podTrouble } from './pod.ts';
export { parseQuantity } from './quantity.ts';
export {
  createTransport,
  type Method,
  type Transport,
  type TransportOptions,
  type TransportRequest,
} from './transport.ts';
export type { WatchEvent, WatchOptions } from './watch.ts';
