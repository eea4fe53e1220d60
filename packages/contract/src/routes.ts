// Generated from the operation table. To write it anew: npx vitest run --project unit packages/contract --update

/** Method and path of every operation. */
export const routes = {
  "auth.methods": {
    "method": "GET",
    "path": "/v1/auth/methods"
  },
  "auth.login": {
    "method": "POST",
    "path": "/v1/auth/login"
  },
  "auth.browser-login": {
    "method": "POST",
    "path": "/v1/auth/browser-login"
  },
  "auth.logout": {
    "method": "POST",
    "path": "/v1/auth/logout"
  },
  "me.get": {
    "method": "GET",
    "path": "/v1/me"
  },
  "token.list": {
    "method": "GET",
    "path": "/v1/tokens"
  },
  "token.create": {
    "method": "POST",
    "path": "/v1/tokens"
  },
  "token.get": {
    "method": "GET",
    "path": "/v1/tokens/{tokenId}"
  },
  "token.revoke": {
    "method": "DELETE",
    "path": "/v1/tokens/{tokenId}"
  },
  "project.list": {
    "method": "GET",
    "path": "/v1/projects"
  },
  "member.list": {
    "method": "GET",
    "path": "/v1/members"
  },
  "member.add": {
    "method": "POST",
    "path": "/v1/members"
  },
  "member.remove": {
    "method": "DELETE",
    "path": "/v1/members/{memberId}"
  },
  "management-cluster.list": {
    "method": "GET",
    "path": "/v1/fleet/management-clusters"
  },
  "management-cluster.cordon": {
    "method": "POST",
    "path": "/v1/fleet/management-clusters/{managementCluster}/cordon"
  },
  "management-cluster.uncordon": {
    "method": "POST",
    "path": "/v1/fleet/management-clusters/{managementCluster}/uncordon"
  },
  "version.list": {
    "method": "GET",
    "path": "/v1/versions"
  },
  "flavor.list": {
    "method": "GET",
    "path": "/v1/flavors"
  },
  "cluster.list": {
    "method": "GET",
    "path": "/v1/clusters"
  },
  "cluster.create": {
    "method": "POST",
    "path": "/v1/clusters"
  },
  "cluster.plan": {
    "method": "POST",
    "path": "/v1/cluster-plans"
  },
  "cluster.get": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}"
  },
  "cluster.update": {
    "method": "PATCH",
    "path": "/v1/clusters/{clusterId}"
  },
  "cluster.delete": {
    "method": "DELETE",
    "path": "/v1/clusters/{clusterId}"
  },
  "cluster.kubeconfig": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/kubeconfig"
  },
  "credential.create": {
    "method": "POST",
    "path": "/v1/clusters/{clusterId}/credentials"
  },
  "credential.revoke": {
    "method": "DELETE",
    "path": "/v1/clusters/{clusterId}/credentials"
  },
  "upgrade.plan": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/upgrade-plan"
  },
  "hibernation.get": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/hibernation"
  },
  "backup.list": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/backups"
  },
  "backup.get": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/backups/{backupId}"
  },
  "backup.create": {
    "method": "POST",
    "path": "/v1/clusters/{clusterId}/backups"
  },
  "backup.delete": {
    "method": "DELETE",
    "path": "/v1/clusters/{clusterId}/backups/{backupId}"
  },
  "backup.restore": {
    "method": "POST",
    "path": "/v1/clusters/{clusterId}/backups/{backupId}/restore"
  },
  "certificate.get": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/certificates"
  },
  "certificate.renew": {
    "method": "POST",
    "path": "/v1/clusters/{clusterId}/certificates/renew"
  },
  "certificate.rotate": {
    "method": "POST",
    "path": "/v1/clusters/{clusterId}/certificates/rotate"
  },
  "certificate.complete": {
    "method": "POST",
    "path": "/v1/clusters/{clusterId}/certificates/complete"
  },
  "key.list": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/keys"
  },
  "key.rotate": {
    "method": "POST",
    "path": "/v1/clusters/{clusterId}/keys/{key}/rotate"
  },
  "deletion.plan": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/deletion-plan"
  },
  "deletion.undo": {
    "method": "POST",
    "path": "/v1/clusters/{clusterId}/undelete"
  },
  "receipt.list": {
    "method": "GET",
    "path": "/v1/deletion-receipts"
  },
  "receipt.get": {
    "method": "GET",
    "path": "/v1/deletion-receipts/{clusterId}"
  },
  "log.get": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/logs"
  },
  "log-export.list": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/log-exports"
  },
  "log-export.create": {
    "method": "POST",
    "path": "/v1/clusters/{clusterId}/log-exports"
  },
  "log-export.delete": {
    "method": "DELETE",
    "path": "/v1/clusters/{clusterId}/log-exports/{logExportId}"
  },
  "pool.list": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/pools"
  },
  "pool.get": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/pools/{poolName}"
  },
  "pool.create": {
    "method": "POST",
    "path": "/v1/clusters/{clusterId}/pools"
  },
  "pool.update": {
    "method": "PATCH",
    "path": "/v1/clusters/{clusterId}/pools/{poolName}"
  },
  "pool.delete": {
    "method": "DELETE",
    "path": "/v1/clusters/{clusterId}/pools/{poolName}"
  },
  "node.list": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/nodes"
  },
  "node.get": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/nodes/{nodeName}"
  },
  "node.recycle": {
    "method": "POST",
    "path": "/v1/clusters/{clusterId}/nodes/{nodeName}/recycle"
  },
  "repair.list": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/repairs"
  },
  "quota.get": {
    "method": "GET",
    "path": "/v1/quota"
  },
  "audit.list": {
    "method": "GET",
    "path": "/v1/audit"
  },
  "audit.export": {
    "method": "GET",
    "path": "/v1/audit/export"
  },
  "audit.verify": {
    "method": "GET",
    "path": "/v1/audit/verification"
  },
  "resource.list": {
    "method": "GET",
    "path": "/v1/clusters/{clusterId}/resources"
  },
  "operation.list": {
    "method": "GET",
    "path": "/v1/operations"
  },
  "operation.get": {
    "method": "GET",
    "path": "/v1/operations/{operationId}"
  },
  "operation.cancel": {
    "method": "POST",
    "path": "/v1/operations/{operationId}/cancel"
  },
  "event.stream": {
    "method": "GET",
    "path": "/v1/events"
  },
  "webhook.list": {
    "method": "GET",
    "path": "/v1/webhooks"
  },
  "webhook.create": {
    "method": "POST",
    "path": "/v1/webhooks"
  },
  "webhook.get": {
    "method": "GET",
    "path": "/v1/webhooks/{webhookId}"
  },
  "webhook.update": {
    "method": "PATCH",
    "path": "/v1/webhooks/{webhookId}"
  },
  "webhook.delete": {
    "method": "DELETE",
    "path": "/v1/webhooks/{webhookId}"
  },
  "webhook.rotate": {
    "method": "POST",
    "path": "/v1/webhooks/{webhookId}/rotate-secret"
  },
  "webhook.test": {
    "method": "POST",
    "path": "/v1/webhooks/{webhookId}/test"
  },
  "webhook.deliveries": {
    "method": "GET",
    "path": "/v1/webhooks/{webhookId}/deliveries"
  },
  "webhook.replay": {
    "method": "POST",
    "path": "/v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay"
  },
  "price.list": {
    "method": "GET",
    "path": "/v1/price-lists"
  },
  "price.publish": {
    "method": "POST",
    "path": "/v1/price-lists"
  },
  "price.withdraw": {
    "method": "DELETE",
    "path": "/v1/price-lists/{priceListId}"
  },
  "usage.get": {
    "method": "GET",
    "path": "/v1/usage"
  },
  "cost.get": {
    "method": "GET",
    "path": "/v1/cost"
  },
  "usage.fleet": {
    "method": "GET",
    "path": "/v1/fleet/usage"
  },
  "budget.set": {
    "method": "PATCH",
    "path": "/v1/budget"
  },
  "budget.delete": {
    "method": "DELETE",
    "path": "/v1/budget"
  },
  "fleet.summary": {
    "method": "GET",
    "path": "/v1/fleet/summary"
  },
  "fleet.clusters": {
    "method": "GET",
    "path": "/v1/fleet/clusters"
  },
  "leftover.list": {
    "method": "GET",
    "path": "/v1/fleet/leftovers"
  },
  "leftover.remove": {
    "method": "DELETE",
    "path": "/v1/fleet/leftovers/{kind}/{leftoverId}"
  },
  "leftover.adopt": {
    "method": "POST",
    "path": "/v1/fleet/leftovers/{kind}/{leftoverId}/adopt"
  },
  "deletion.force": {
    "method": "POST",
    "path": "/v1/fleet/clusters/{clusterId}/force-deletion"
  },
  "remain.list": {
    "method": "GET",
    "path": "/v1/fleet/remains"
  },
  "remain.dismiss": {
    "method": "POST",
    "path": "/v1/fleet/remains/{clusterId}/dismiss"
  }
} as const;

export { clusterPhases, eventTypes, leftoverKinds, logComponents, remainKinds } from './words.ts';
