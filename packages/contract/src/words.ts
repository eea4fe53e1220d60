// Generated from the schemas. To write it anew: npx vitest run --project unit packages/contract --update

/** Every type of event. */
export const eventTypes = [
  "cluster.created",
  "cluster.updated",
  "cluster.phase",
  "cluster.condition",
  "cluster.drift",
  "cluster.restored",
  "backup.made",
  "backup.failed",
  "cluster.deletion_scheduled",
  "cluster.deletion_undone",
  "cluster.deleting",
  "cluster.deleted",
  "operation.created",
  "operation.progress",
  "operation.finished",
  "node.repaired",
  "pool.scaled",
  "budget.reached"
] as const;

/** What of a control plane has a log. */
export const logComponents = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "konnectivity-server",
  "cloud-controller-manager",
  "audit"
] as const;

/** Kinds of what a deleted cluster may leave in a project. */
export const leftoverKinds = [
  "load-balancer",
  "floating-ip",
  "volume",
  "volume-snapshot"
] as const;

/** Phases of a cluster that exists. */
export const clusterPhases = [
  "creating",
  "ready",
  "updating",
  "degraded",
  "hibernating",
  "hibernated",
  "waking",
  "restoring",
  "deleting"
] as const;

/** Kinds of what may remain of a deletion that was ended by force. */
export const remainKinds = [
  "application-credential",
  "namespace",
  "cluster",
  "pool",
  "load-balancers",
  "volumes"
] as const;
