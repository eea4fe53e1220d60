export { highestRole, type Role, roleFromKeystone, roles, rolesUpTo } from './access/role.ts';
export { matches } from './autoscaling/fit.ts';
export type {
  AutoscalerMemory,
  NodeRoom,
  NodeTaint,
  ObservedLoad,
  Rejection,
  Requirement,
  Resources,
  ScheduledPod,
  Toleration,
} from './autoscaling/model.ts';
export type { Scaling } from './autoscaling/plan.ts';
export { withinBounds } from './autoscaling/settings.ts';
export {
  type Backup,
  type BackupReason,
  type BackupSettings,
  type BackupState,
  backupReasons,
  backupStates,
  defaultBackup,
  mostRequestedBackups,
  type Restore,
} from './backup/model.ts';
export { type CauseCode, type CauseDefinition, causeCodes, causes, type Failure, failureOf } from './cause/causes.ts';
export { consoleError } from './cause/console.ts';
export { isDataStoreFull } from './cause/control-plane.ts';
export { causeOfWords } from './cause/openstack.ts';
export {
  type CertificateStatus,
  type ObservedCertificate,
  type ObservedRotation,
  type Rotation,
  type RotationPhase,
  type RotationStage,
  rotationPhases,
  rotationStages,
} from './certificate/model.ts';
export { rotationActions } from './certificate/rotation.ts';
export type { ClusterAction } from './cluster/actions.ts';
export { defaultClusterSettings } from './cluster/defaults.ts';
export { type LedgerEntry, type LedgerKey, type LedgerKind, ledgerKinds, ledgerName } from './cluster/ledger.ts';
export {
  type Cluster,
  type ClusterNetwork,
  type ClusterPhase,
  type ClusterSpec,
  type ClusterStatus,
  clusterPhases,
  controlPlaneReplicas,
  defaultAutoscaling,
  defaultNetwork,
  defaultPoolSettings,
  defaultRollout,
  newClusterStatus,
  type Pool,
  type PoolStatus,
  type Rollout,
  type Taint,
  type TaintEffect,
  type Tier,
  taintEffects,
  tiers,
  type VolumePolicy,
  volumePolicies,
} from './cluster/model.ts';
export {
  type Applied,
  type ManifestGroup,
  manifestGroups,
  type NodeSettings,
  type ObservedCertificateRequest,
  type ObservedCluster,
  type ObservedControlPlane,
  type ObservedInfrastructure,
  type ObservedMachine,
  type ObservedNode,
  type ObservedPod,
  type ObservedPool,
  type ObservedTenant,
} from './cluster/observed.ts';
export { planCluster } from './cluster/plan.ts';
export {
  type ClusterPlan,
  type ClusterPolicy,
  createPhases,
  defaultClusterPolicy,
  deletePhases,
  type OperationPhaseName,
  type PhaseProgress,
} from './cluster/plan-types.ts';
export {
  type Catalogue,
  defaultLimits,
  type Limits,
  upgradeTargets,
  validateClusterChange,
  validateNewCluster,
  validateNewPool,
  validatePoolChange,
} from './cluster/policy.ts';
export { surgeForRecycling } from './cluster/recycling.ts';
export { type LabelRequirement, parseSelector } from './cluster/selector.ts';
export {
  type AccessSettings,
  type CustomerIssuer,
  customerIssuerPath,
  defaultAccessSettings,
  validateAccessSettings,
} from './cluster-access/settings.ts';
export { type DeletionItem, type DeletionItemKind, deletionItemKinds, deletionItems } from './deletion/items.ts';
export {
  type DeletionSettings,
  defaultDeletionSettings,
  maxGracePeriodSeconds,
  validateDeletionSettings,
} from './deletion/settings.ts';
export {
  defaultHibernation,
  type HibernationSchedule,
  type HibernationSettings,
  mostHibernationSchedules,
} from './hibernation/model.ts';
export { isQuiet, isStarting, poolForNow, replicasForNow, restsControlPlane } from './hibernation/rest.ts';
export { encryptionStep } from './key/encryption.ts';
export {
  type ClusterKey,
  clusterKeys,
  type EncryptionStep,
  type KeyStatus,
  type ObservedCredential,
  type ObservedEncryption,
  plain,
} from './key/model.ts';
export { answerOf, isOf, type LogAnswer, type LogComponent, type LogLine, type LogQuestion } from './log/model.ts';
export { validateLogExport } from './log-export/validate.ts';
export { isOpen, nextOpening } from './maintenance/opening.ts';
export { newerPatch, poolBehind } from './maintenance/patch.ts';
export {
  type AutoUpgrade,
  defaultMaintenance,
  type MaintenanceExclusion,
  type MaintenanceSettings,
  type MaintenanceWindow,
  validateMaintenance,
} from './maintenance/settings.ts';
export {
  type Capacity,
  connectionsPerReplica,
  type DataStoreRoom,
  demandOf,
  type ManagementClusterRoom,
  type Place,
  placeControlPlane,
} from './management-cluster/place.ts';
export { type NodeState, nodeStates, type WorkerNode, workerNodes } from './node/model.ts';
export {
  mergePhases,
  type Operation,
  type OperationKind,
  type OperationPhase,
  type OperationState,
  type OperationUndo,
  operationKinds,
  overallPercent,
} from './operation/model.ts';
export type { QuestionKind, Questions } from './question/model.ts';
export { type ClusterDemand, checkQuota, type QuotaState, quotaStates, surgeViolations } from './quota/check.ts';
export {
  type Amounts,
  addAmounts,
  type Demand,
  type FlavorSize,
  type Limit,
  type ProjectQuota,
  type QuotaResource,
  quotaResources,
} from './quota/model.ts';
export { type Repair, repairMemory } from './repair/model.ts';
export { type Resource, type ResourceKind, resourceKinds } from './resource/model.ts';
export { type Actor, type Condition, mergeConditions, type NewCondition } from './shared/conditions.ts';
export { absent, type Looked, present, seen, unknown } from './shared/looked.ts';
export type { UpgradeFacts } from './upgrade/facts.ts';
export {
  type FindingCode,
  factFindings,
  findingCodes,
  stateFindings,
  type UpgradeFinding,
  type UpgradeStep,
  upgradeSteps,
} from './upgrade/findings.ts';
export { isOlder, parseVersion } from './upgrade/version.ts';
export { hoursPerMonth, type Metered, type MeteredItem, meteredAs, meteredItems } from './usage/model.ts';
export { collectViolations, nearest, pointerPart, type Violation } from './validation/violations.ts';
