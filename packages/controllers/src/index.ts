export { type ArchiveOptions, recoveredFromArchives, runArchives } from './archive/run.ts';
export { type BackupOptions, type Recovered, runBackups } from './backup/run.ts';
export {
  type CatalogueFlavor,
  type CatalogueStore,
  type CatalogueVersion,
  runCatalogueSync,
  syncCatalogue,
} from './catalogue/catalogue.ts';
export { createPostgresCatalogue } from './catalogue/postgres-catalogue.ts';
export type { ClusterContext } from './cluster/context.ts';
export { type ControllerOptions, controllerDefaults, runClusterController } from './cluster/controller.ts';
export { authenticationConfiguration } from './cluster/manifests/authentication.ts';
export type { ClusterStore, SecretKind } from './cluster/ports.ts';
export { createPostgresClusterStore } from './cluster/postgres-store.ts';
export { reconcileCluster } from './cluster/reconcile.ts';
export { createTenantClients, type TenantClients } from './cluster/tenant-clients.ts';
export { createVolumeTypes } from './cluster/volume-types.ts';
export { type ClusterSettings, type Images, parseImages, settingsDefaults } from './config.ts';
export { type LeadOptions, runWhileLeading } from './lead.ts';
export { readLogs, readSince } from './log/read.ts';
export { runLogExports } from './log-export/run.ts';
export { dataStoreAddress } from './management-cluster/data-store.ts';
export { joinFleet, runObservation } from './management-cluster/observe.ts';
export { lookIntoTenants } from './management-cluster/tenant-stores.ts';
export { registerFleetMetrics } from './metrics/fleet.ts';
export { type ControllerMetrics, createControllerMetrics } from './metrics/metrics.ts';
export { type Answerers, runQuestions } from './question/answer.ts';
export { type InventoryStore, runInventory, syncInventory } from './resource/inventory.ts';
export { createPostgresInventory } from './resource/postgres-inventory.ts';
export { runRewrap } from './secret/rewrap.ts';
export { createPostgresTokens } from './token/postgres-tokens.ts';
export { runTokenWatch, type TokenStore } from './token/watch.ts';
export { gatherUpgradeFacts } from './upgrade/facts.ts';
