/** One step of a flow. `Context` is what every step of the flow may use. */
export interface Step<Context> {
  readonly id: string;
  /** What the user reads: a noun phrase. */
  readonly title: string;
  /** Steps that must be done first. */
  readonly after: readonly string[];
  /** True when there is nothing to do. Must not change anything. */
  check(context: Context, run: StepRun): Promise<boolean>;
  /** Makes it so. May be killed at any moment and called again. */
  apply(context: Context, run: StepRun): Promise<void>;
  /** Proves that it is so; throws when not. Called after `apply` only: what `check` said yes to needs no proof. */
  verify?(context: Context, run: StepRun): Promise<void>;
}

export interface StepRun {
  readonly signal: AbortSignal;
  /** Tells the user what the step is doing now, for example `waiting for Nodes (1 of 2)`. */
  report(detail: string): void;
}

/** A checked, ordered flow: every step stands behind all it depends on. */
export interface Graph<Context> {
  readonly steps: readonly Step<Context>[];
}

/** Orders steps. Throws on a duplicate id, an unknown dependency and a cycle: mistakes of a programmer, found before anything runs. */
export function defineGraph<Context>(steps: readonly Step<Context>[]): Graph<Context> {
  const byId = new Map<string, Step<Context>>();
  for (const step of steps) {
    if (byId.has(step.id)) throw new Error(`flow: step ${step.id} is defined twice`);
    byId.set(step.id, step);
  }
  const ordered: Step<Context>[] = [];
  const state = new Map<string, 'visiting' | 'done'>();
  const visit = (step: Step<Context>, path: readonly string[]): void => {
    if (state.get(step.id) === 'done') return;
    if (state.get(step.id) === 'visiting')
      throw new Error(`flow: steps depend on each other: ${[...path, step.id].join(' → ')}`);
    state.set(step.id, 'visiting');
    for (const id of step.after) {
      const before = byId.get(id);
      if (before === undefined) throw new Error(`flow: step ${step.id} comes after ${id}, which is not defined`);
      visit(before, [...path, step.id]);
    }
    state.set(step.id, 'done');
    ordered.push(step);
  };
  for (const step of steps) visit(step, []);
  return { steps: ordered };
}
