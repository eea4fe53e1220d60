export { AuditLink, AuditRecord, AuditVerdict } from './audit/schema.ts';
export {
  AuthMethods,
  BrowserSession,
  type KeystoneLogin,
  LoginRequest,
  Me,
  type OidcLogin,
  Session,
  User,
} from './auth/schema.ts';
export { Backup, BackupPolicy, BackupSettings, CreateBackup } from './backup/schema.ts';
export { BudgetSet } from './budget/schema.ts';
export { Flavor, Version } from './catalogue/schema.ts';
export { Certificate, ClusterCertificates } from './certificate/schema.ts';
export { Cluster, ClusterCreate, ClusterPatch, ClusterPlan, Kubeconfig, NetworkSpec } from './cluster/schema.ts';
export { ClusterAccess, ClusterAccessSettings, ClusterOidcIssuer } from './cluster-access/schema.ts';
export { Condition, defaultPageSize, Estimate } from './common.ts';
export { Credential } from './credential/schema.ts';
export { DeletionItem, DeletionPlan, DeletionReceipt, DeletionSettings } from './deletion/schema.ts';
export { Event, eventTypes } from './event/schema.ts';
export { FleetCluster, FleetSummary } from './fleet/schema.ts';
export { Hibernation, HibernationEffect, HibernationSchedules, HibernationSettings } from './hibernation/schema.ts';
export { ClusterKey, ClusterKeys, clusterKeys } from './key/schema.ts';
export { Leftover, LeftoverKind } from './leftover/schema.ts';
export { Log } from './log/schema.ts';
export { LogExport, LogExportCreate } from './log-export/schema.ts';
export { Maintenance, MaintenanceSettings } from './maintenance/schema.ts';
export { DataStore, ManagementCluster } from './management-cluster/schema.ts';
export { Member, MemberCreate } from './member/schema.ts';
export { Node, NodeState } from './node/schema.ts';
export { apiVersion, openApiDocument } from './openapi/document.ts';
export { Operation, OperationPhase, operationKinds } from './operation/schema.ts';
export {
  type Access,
  type BodyOf,
  type CliCommand,
  defineOperation,
  type OperationDefinition,
  type ParamsOf,
  problemsOf,
  type QueryOf,
  type ResultOf,
  type Role,
  roles,
} from './operation-definition.ts';
export { Pool, PoolPatch, PoolSpec, Taint } from './pool/schema.ts';
export { PriceList, PriceListCreate } from './price/schema.ts';
export {
  actors,
  Problem,
  type ProblemCode,
  type ProblemDefinition,
  problemCodes,
  problems,
  problemsUrl,
  problemType,
  Violation,
} from './problem.ts';
export { problemPage } from './problem-page.ts';
export { Project } from './project/schema.ts';
export { Quota, QuotaEntry } from './quota/schema.ts';
export { Remain } from './remain/schema.ts';
export { Repair } from './repair/schema.ts';
export { Resource } from './resource/schema.ts';
export { sparseMembers, sparseSchema } from './sparse.ts';
export { type OperationId, type Operations, operationIds, operations } from './table.ts';
export { NewToken, Token, TokenCreate } from './token/schema.ts';
export { UpgradeFinding, UpgradePlan } from './upgrade/schema.ts';
export { Cost } from './usage/cost-schema.ts';
export { FleetUsage, Usage, UsageLine } from './usage/schema.ts';
export {
  NewWebhook,
  Webhook,
  WebhookCreate,
  WebhookDelivery,
  WebhookPatch,
  WebhookSecret,
} from './webhook/schema.ts';
