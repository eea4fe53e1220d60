export { authorize, type Caller, isAllowed } from './access/authorize.ts';
export { auditView } from './audit/view.ts';
export { chooseProject, type NamedProject, unknownProject } from './auth/choose-project.ts';
export type { CheckIdentity, Identity, ProveIdentity, StillValid } from './auth/identity.ts';
export { createBackup } from './backup/create-backup.ts';
export { beginDueBackup, isBackupDue } from './backup/due-backup.ts';
export { restoreBackup } from './backup/restore-backup.ts';
export { backupView } from './backup/view.ts';
export {
  beginRotation,
  certificatesView,
  completeRotation,
  renewCertificates,
} from './certificate/certificates.ts';
export { updateCluster } from './cluster/change-cluster.ts';
export { createCluster } from './cluster/create-cluster.ts';
export { clusterDemand, readCatalogue } from './cluster/limits.ts';
export type { IfMatch } from './cluster/record-change.ts';
export { type CredentialClaims, credentialClaims, credentialLifeMs } from './credential/claims.ts';
export { revokeCredentials } from './credential/revoke-credentials.ts';
export { type DeleteRequest, deleteCluster } from './deletion/delete-cluster.ts';
export { beginDueDeletion } from './deletion/due-deletion.ts';
export { deletionPlanView } from './deletion/plan.ts';
export { undoDeletion } from './deletion/undo-deletion.ts';
export { KaasError, type KaasErrorOptions, mergeViolations, notFound, refuseViolations } from './errors.ts';
export { beginDueHibernation } from './hibernation/due-hibernation.ts';
export { refuseAsleep } from './hibernation/refusals.ts';
export { dueTurn } from './hibernation/schedule.ts';
export { hibernationView } from './hibernation/settings.ts';
export { keysView, rotateKey } from './key/keys.ts';
export { type LogExportFacts, logExportView } from './log-export/view.ts';
export { beginDuePatch } from './maintenance/due-patch.ts';
export { choosePlace } from './management-cluster/place.ts';
export { type ManagementClusterFacts, managementClusterView } from './management-cluster/view.ts';
export { memberValue, mostMembers, validateMember } from './member/validate.ts';
export { recycleNode } from './node/recycle-node.ts';
export { nodeView } from './node/view.ts';
export { cancelOperation } from './operation/cancel-operation.ts';
export { createPool, deletePool, updatePool } from './pool/pools.ts';
export { validatePriceList } from './price/validate.ts';
export { priceListView } from './price/view.ts';
export { quotaView } from './quota/view.ts';
export { repairView } from './repair/view.ts';
export { hashToken, newToken, type TokenKind, tokenKind } from './session/token.ts';
export type { WriteTransaction } from './store.ts';
export { tokenDefaults, validateToken } from './token/create-token.ts';
export { tokenView } from './token/view.ts';
export { type UpgradeInput, upgradePlanView } from './upgrade/plan.ts';
export { monthOf, type Period, periodOf } from './usage/period.ts';
export { clusterView, operationView, poolView, receiptView, resourceView } from './views.ts';
export { newWebhookSecret, signatureHeaders } from './webhook/sign.ts';
export { mostWebhooks, validateWebhook } from './webhook/validate.ts';
export { deliveryView, webhookView } from './webhook/view.ts';
