import { auditOperations } from './audit/operations.ts';
import { authOperations } from './auth/operations.ts';
import { backupOperations } from './backup/operations.ts';
import { budgetOperations } from './budget/operations.ts';
import { catalogueOperations } from './catalogue/operations.ts';
import { certificateOperations } from './certificate/operations.ts';
import { clusterOperations } from './cluster/operations.ts';
import { credentialOperations } from './credential/operations.ts';
import { deletionOperations } from './deletion/operations.ts';
import { eventOperations } from './event/operations.ts';
import { fleetOperations } from './fleet/operations.ts';
import { hibernationOperations } from './hibernation/operations.ts';
import { keyOperations } from './key/operations.ts';
import { leftoverOperations } from './leftover/operations.ts';
import { logOperations } from './log/operations.ts';
import { logExportOperations } from './log-export/operations.ts';
import { managementClusterOperations } from './management-cluster/operations.ts';
import { memberOperations } from './member/operations.ts';
import { nodeOperations } from './node/operations.ts';
import { operationOperations } from './operation/operations.ts';
import type { OperationDefinition } from './operation-definition.ts';
import { poolOperations } from './pool/operations.ts';
import { priceOperations } from './price/operations.ts';
import { projectOperations } from './project/operations.ts';
import { quotaOperations } from './quota/operations.ts';
import { remainOperations } from './remain/operations.ts';
import { repairOperations } from './repair/operations.ts';
import { resourceOperations } from './resource/operations.ts';
import { tokenOperations } from './token/operations.ts';
import { upgradeOperations } from './upgrade/operations.ts';
import { usageOperations } from './usage/operations.ts';
import { webhookOperations } from './webhook/operations.ts';

/** The public API as data: routes, OpenAPI document, client, access matrix and documentation come from this table. */
export const operations = {
  ...authOperations,
  ...tokenOperations,
  ...projectOperations,
  ...memberOperations,
  ...managementClusterOperations,
  ...catalogueOperations,
  ...clusterOperations,
  ...credentialOperations,
  ...upgradeOperations,
  ...hibernationOperations,
  ...backupOperations,
  ...certificateOperations,
  ...keyOperations,
  ...deletionOperations,
  ...logOperations,
  ...logExportOperations,
  ...poolOperations,
  ...nodeOperations,
  ...repairOperations,
  ...quotaOperations,
  ...auditOperations,
  ...resourceOperations,
  ...operationOperations,
  ...eventOperations,
  ...webhookOperations,
  ...priceOperations,
  ...usageOperations,
  ...budgetOperations,
  ...fleetOperations,
  ...leftoverOperations,
  ...remainOperations,
} as const satisfies Record<string, OperationDefinition>;

export type Operations = typeof operations;
export type OperationId = keyof Operations;
export const operationIds = Object.keys(operations) as readonly OperationId[];
