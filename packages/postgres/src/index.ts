export { type AuditRecord, insertAuditRecord } from './audit/audit.ts';
export {
  type AuditFilter,
  type AuditLink,
  type AuditVerdict,
  exportAuditRecords,
  listAuditRecords,
  verifyAuditChain,
} from './audit/chain.ts';
export {
  type BackedUpCluster,
  backupPlace,
  clustersWithBackups,
  countRequestedBackups,
  expireBackups,
  getBackup,
  insertBackup,
  lastScheduledBackup,
  listBackups,
  removeBackupLater,
} from './backup/backups.ts';
export {
  allowRestore,
  type BackupJob,
  backupsToMake,
  backupsToRemove,
  beginBackup,
  beginRestore,
  endBackup,
  endRestore,
  forgetBackup,
  insertSafetyBackup,
  noteRestoreError,
  type RestoreJob,
  restoresToDo,
  type StoredCopy,
  setBackupPlace,
} from './backup/work.ts';
export { type Budget, deleteBudget, getBudget, noteReached, projectsWithBudget, saveBudget } from './budget/budgets.ts';
export {
  type Flavor,
  type KubernetesVersion,
  listFlavors,
  listKubernetesVersions,
  replaceFlavors,
  replaceKubernetesVersions,
} from './catalogue/catalogue.ts';
export { endRotation, renewWorkers } from './certificate/rotation.ts';
export { getCluster, listClusters, listDueClusters, msUntilNextDue } from './cluster/read-clusters.ts';
export { type ClusterReport, removeCluster, reportCluster } from './cluster/report-cluster.ts';
export {
  bumpCluster,
  type ClusterChange,
  deletePool,
  insertCluster,
  insertPool,
  updatePool,
} from './cluster/write-cluster.ts';
export { findCustomerIssuer } from './cluster-access/customer-issuer.ts';
export { acquireLeadership, type Leadership } from './controller/leadership.ts';
export { ensureSigningKey, listPublicKeys, type SigningKey } from './credential/signing-keys.ts';
export {
  checkDatabase,
  checkRowSecurity,
  createPool,
  hasSqlState,
  inFleet,
  inProject,
  inProjectUndone,
  inTransaction,
  inWholeProject,
  isDatabaseUnavailable,
  type Pool,
  type ProjectScope,
  type Queryable,
  seeingFleet,
} from './database.ts';
export {
  allResources,
  type DeletionReceipt,
  getReceipt,
  insertReceipt,
  listReceipts,
} from './deletion/receipts.ts';
export { clustersToDelete, scheduleDeletion } from './deletion/schedule.ts';
export { appendEvent, type NewEvent } from './event/append-event.ts';
export { type EventFilter, lastEventSequence, listEvents, type StoredEvent } from './event/list-events.ts';
export { type FleetCounts, fleetCounts } from './fleet/counts.ts';
export { type FleetCluster, type FleetFilter, type FleetSummary, fleetSummary, listFleet } from './fleet/fleet.ts';
export { clustersWithHibernation, type ScheduledCluster } from './hibernation/schedule.ts';
export {
  type IdempotencyLookup,
  type IdempotencyScope,
  lookUpIdempotencyKey,
  type StoredAnswer,
  saveIdempotentAnswer,
} from './idempotency/idempotency.ts';
export {
  newBackupId,
  newClusterId,
  newDeliveryId,
  newLogExportId,
  newMemberId,
  newOperationId,
  newPriceListId,
  newQuestionId,
  newTokenId,
  newWebhookId,
} from './ids.ts';
export { addLedgerEntry, listLedger, removeLedgerEntry, setLedgerExternalId } from './ledger/ledger.ts';
export {
  adoptLeftover,
  getLeftover,
  type Leftover,
  listAdoptions,
  listLeftovers,
  listRemovals,
  noteAdoption,
  noteRemoval,
  removeLeftover,
  replaceLeftovers,
} from './leftover/leftovers.ts';
export { type Channel, listen } from './listen.ts';
export {
  claimLogExports,
  type DueLogExport,
  deleteLogExport,
  insertLogExport,
  listLogExports,
  reportLogExport,
  type StoredLogExport,
} from './log-export/log-exports.ts';
export { clustersToPatch, type PatchedCluster } from './maintenance/schedule.ts';
export { type ArchiverState, archiverState, flushLog, raiseRevisions } from './management-cluster/archived.ts';
export { dataStoreNames, reportArchive } from './management-cluster/archives.ts';
export {
  closeTenantDatabases,
  type DataStoreAddress,
  type DataStoreMeasure,
  measureDataStore,
  measureTenantStores,
  type TenantStore,
  tenantDatabase,
} from './management-cluster/data-stores.ts';
export {
  cordonManagementCluster,
  listManagementClusters,
  lockPlacement,
  type ObservedManagementCluster,
  registerManagementCluster,
  reportManagementCluster,
  type StoredManagementCluster,
} from './management-cluster/management-clusters.ts';
export { copyTenant, restoreTenant, type TenantCopy, verifyTenantCopy } from './management-cluster/tenant-copy.ts';
export {
  listTenantStores,
  type StoredTenantStore,
  saveTenantStores,
  storesToMeasure,
} from './management-cluster/tenant-stores.ts';
export {
  insertMember,
  listMembers,
  lockMember,
  type MemberClaims,
  type Membership,
  membershipsOf,
  removeMember,
  type StoredMember,
} from './member/members.ts';
export { checkSchema, type Migration, migrate, readMigrations } from './migrate.ts';
export { getNode, listNodes, replaceNodes, requestRecycling, type StoredNode } from './node/nodes.ts';
export {
  getOperation,
  insertOperation,
  listOperations,
  type NewOperation,
  type OperationFilter,
  operationDurations,
  startOperation,
  supersedeOperation,
  supersedeOperations,
} from './operation/operations.ts';
export { autoscalerMemory, rememberAutoscaler, scalePool } from './pool/autoscaler.ts';
export { type PrepareOptions, prepareDatabase } from './prepare.ts';
export {
  deletePriceList,
  insertPriceList,
  listPriceLists,
  lockPriceLists,
  type Price,
  type PriceList,
  pricesPerHour,
  type Quote,
  quote,
} from './price/prices.ts';
export { listProjects, saveProject } from './project/projects.ts';
export {
  type Answer,
  answerQuestion,
  askController,
  type Question,
  takeAnswer,
  takeQuestions,
  withdrawQuestion,
} from './question/questions.ts';
export { getProjectQuota, replaceProjectQuota } from './quota/quotas.ts';
export { dismissRemain, forceDeletion, listRemains, type Remain } from './remain/remains.ts';
export { addRepair, listRepairs } from './repair/repairs.ts';
export { listClusterOwners, listResources, replaceResources } from './resource/resources.ts';
export { secretContexts } from './secret/contexts.ts';
export { fixedKeys, type KeyWrapper, keyFile } from './secret/key-file.ts';
export { countUnderOtherKeys, type Rewrapped, rewrapSecrets, type UnderOtherKeys } from './secret/rewrap.ts';
export { createSecretBox, type SecretBox } from './secret/secret-box.ts';
export { deleteSecrets, ensureSecret, readSecret, type SecretKey, saveSecret } from './secret/secrets.ts';
export {
  claimSessionsToCheck,
  deleteExpired,
  deleteSession,
  findSession,
  insertSession,
  type SessionToCheck,
  type StoredSession,
} from './session/sessions.ts';
export {
  countUsableTokens,
  findTokenByHash,
  getToken,
  insertToken,
  listTokens,
  revokeToken,
  type StoredToken,
  touchToken,
} from './token/tokens.ts';
export { listTokenMakers, revokeTokensBeyond, type TokenMaker } from './token/watch.ts';
export { type ClusterCost, costs, type UsageLine, type UsageQuestion, usageLines } from './usage/usage.ts';
export {
  claimDeliveries,
  getDelivery,
  insertDelivery,
  listDeliveries,
  lockWebhooksBehind,
  moveWebhook,
  type NewDelivery,
  noteAttempt,
  projectsWithWebhookWork,
  type StoredDelivery,
} from './webhook/deliveries.ts';
export {
  deleteWebhook,
  getWebhook,
  insertWebhook,
  listWebhooks,
  noteWebhookResult,
  rotateWebhookSecret,
  type StoredWebhook,
  updateWebhook,
  type WebhookChange,
} from './webhook/webhooks.ts';
