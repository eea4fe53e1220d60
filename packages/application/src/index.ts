export { authorize, type Caller, isAllowed, roleFromKeystone } from './access/authorize.ts';
export type { Identity, ProveIdentity } from './auth/identity.ts';
export { deleteCluster, updateCluster } from './cluster/change-cluster.ts';
export { createCluster } from './cluster/create-cluster.ts';
export { KaasError, type KaasErrorOptions, notFound, refuseViolations } from './errors.ts';
export { createPool, deletePool, updatePool } from './pool/pools.ts';
export { hashToken, looksLikeToken, newToken } from './session/token.ts';
export type { WriteTransaction } from './store.ts';
export { clusterView, operationView, poolView } from './views.ts';
