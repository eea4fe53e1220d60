/** What inside a cluster could stand in the way of an upgrade, as it was found when somebody asked. */
export interface UpgradeFacts {
  readonly nodes: readonly {
    readonly name: string;
    readonly ready: boolean;
  }[];
  /** Disruption budgets that allow nothing now, of pods that are there. */
  readonly fullBudgets: readonly { readonly name: string; readonly pods: number; readonly healthy: number }[];
  /** Admission webhooks that refuse what they cannot look at (failurePolicy Fail), and whose Service has nobody to answer. */
  readonly deadWebhooks: readonly { readonly name: string; readonly service: string; readonly resources: string }[];
  /** APIs that somebody asked for since the control plane began, and that go in a release. */
  readonly deprecatedApis: readonly {
    /** `batch/v1beta1 cronjobs`. */
    readonly api: string;
    /** Minor of the release that does not have it any more. */
    readonly removedInMinor: number;
  }[];
  /** Pods that nobody makes anew when their worker goes, `namespace/name`. */
  readonly barePods: readonly string[];
}
