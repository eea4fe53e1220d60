export {
  addressOf,
  type Cidr,
  cidrOf,
  contains,
  formatAddress,
  formatCidr,
  netmask,
  overlaps,
  parseAddress,
  parseCidr,
} from './cidr.ts';
export { ensureHost } from './host.ts';
export { ensureLegs, ensureRoutes } from './leg.ts';
export {
  endStrays,
  inNamespace,
  ipBatch,
  killQuietly,
  listAddresses,
  listLinks,
  listNamespaces,
  removeLink,
  removeNamespace,
  runIn,
} from './linux.ts';
export { type NetworkNames, networkNames } from './names.ts';
export { createNetworkEngine, type NetworkEngine, type NetworkFailures } from './network-engine.ts';
export { purgeNetwork } from './purge.ts';
export type * from './spec.ts';
