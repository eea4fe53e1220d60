import { errorMessage, TypedError } from '@matryoshka/system';
import type { Graph, Step } from './graph.ts';

export type FlowEvent =
  | {
      readonly type: 'started';
      readonly step: string;
      readonly title: string;
      readonly index: number;
      readonly total: number;
    }
  | { readonly type: 'detail'; readonly step: string; readonly detail: string; readonly elapsedMs: number }
  | {
      readonly type: 'done';
      readonly step: string;
      readonly title: string;
      readonly elapsedMs: number;
      /** False when `check` found nothing to do. */
      readonly changed: boolean;
      readonly completed: number;
      readonly total: number;
    }
  | {
      readonly type: 'failed';
      readonly step: string;
      readonly title: string;
      readonly elapsedMs: number;
      readonly message: string;
    };

export interface FlowOptions {
  readonly onEvent?: (event: FlowEvent) => void;
  readonly signal?: AbortSignal;
  /** Steps at the same time; default 3. */
  readonly concurrency?: number;
}

/** A step of a flow failed; the message starts with the step, the cause follows. */
export class StepError extends TypedError {
  readonly step: string;

  constructor(step: string, cause: unknown) {
    const typed = cause instanceof TypedError ? cause : undefined;
    super(`${step}: ${reasonOf(cause)}`, {
      code: typed?.code ?? 'step_failed',
      actor: typed?.actor ?? 'provider',
      ...(typed?.next === undefined ? {} : { next: typed.next }),
      cause,
      details: { step, ...typed?.details },
    });
    this.name = 'StepError';
    this.step = step;
  }
}

function reasonOf(cause: unknown): string {
  const text = errorMessage(cause);
  if (/ENOSPC|No space left on device/i.test(text)) return `the disk is full: ${text}`;
  return text;
}

/**
 * Runs every step after those it depends on, a few at a time. At the first failure no further step starts, running ones are
 * told to stop, and the failure is thrown as {@link StepError}.
 */
export async function runGraph<Context>(
  graph: Graph<Context>,
  context: Context,
  options: FlowOptions = {},
): Promise<void> {
  const abort = new AbortController();
  const onAbort = (): void => abort.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted) onAbort();
  const emit = options.onEvent ?? (() => undefined);
  const total = graph.steps.length;
  const finished = new Set<string>();
  const started = new Set<string>();
  const running = new Map<string, Promise<void>>();
  let failure: StepError | undefined;

  const runOne = async (step: Step<Context>): Promise<void> => {
    const begin = performance.now();
    const elapsedMs = (): number => performance.now() - begin;
    const run = {
      signal: abort.signal,
      report: (detail: string) => emit({ type: 'detail', step: step.id, detail, elapsedMs: elapsedMs() }),
    };
    emit({ type: 'started', step: step.id, title: step.title, index: started.size, total });
    try {
      const done = await step.check(context, run);
      if (!done) {
        await step.apply(context, run);
        await step.verify?.(context, run);
      }
      finished.add(step.id);
      emit({
        type: 'done',
        step: step.id,
        title: step.title,
        elapsedMs: elapsedMs(),
        changed: !done,
        completed: finished.size,
        total,
      });
    } catch (error) {
      const cause = abort.signal.aborted && failure === undefined ? interrupted() : error;
      if (failure === undefined || !abort.signal.aborted)
        emit({
          type: 'failed',
          step: step.id,
          title: step.title,
          elapsedMs: elapsedMs(),
          message: errorMessage(cause),
        });
      failure ??= new StepError(step.id, cause);
      abort.abort();
    }
  };

  try {
    while (finished.size < total && failure === undefined && !abort.signal.aborted) {
      for (const step of graph.steps) {
        if (running.size >= (options.concurrency ?? 3)) break;
        if (started.has(step.id) || !step.after.every((id) => finished.has(id))) continue;
        started.add(step.id);
        running.set(
          step.id,
          runOne(step).finally(() => running.delete(step.id)),
        );
      }
      await Promise.race(running.values());
    }
    await Promise.all(running.values());
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
  }
  if (failure !== undefined) throw failure;
  if (abort.signal.aborted) throw interrupted();
}

function interrupted(): TypedError {
  return new TypedError('interrupted', {
    code: 'interrupted',
    actor: 'user',
    next: 'Run the same command again: it goes on where it stopped.',
  });
}
