/** Who has to act for a problem to go away. `us` = the makers of Matryoshka. */
export type Actor = 'user' | 'provider' | 'us';

/**
 * One observed fact about a resource, positive polarity (`True` is good). `Unknown` means "could not look", never "no".
 * Shape after the Kubernetes API conventions; `actor` says who must act while the status is not `True`.
 */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly actor?: Actor;
  readonly observedGeneration: number;
  readonly lastTransitionTime: Date;
}

export type NewCondition = Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>;

/** Merges fresh conditions over the previous ones: the transition time moves only when the status changes; types not mentioned any more are dropped. */
export function mergeConditions(
  previous: readonly Condition[],
  fresh: readonly NewCondition[],
  observedGeneration: number,
  now: Date,
): readonly Condition[] {
  return fresh.map((condition) => {
    const old = previous.find((candidate) => candidate.type === condition.type);
    const lastTransitionTime = old !== undefined && old.status === condition.status ? old.lastTransitionTime : now;
    return { ...condition, observedGeneration, lastTransitionTime };
  });
}
