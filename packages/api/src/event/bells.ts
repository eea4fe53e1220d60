/** Rings when something may be new for a project. Only shortens waits: a ring may be lost or be for nothing. */
export interface Bell {
  /** Resolves when it rang since the last call, or rings, or the time is over, or the signal aborts. Never rejects. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>;
  remove(): void;
}

export interface EventBells {
  /** A bell of its own for one reader. It rings from now on, so make it before the first look. */
  add(projectId: string): Bell;
  /** Rings every bell of a project. */
  ring(projectId: string): void;
  /** How many readers there are. */
  readonly size: number;
}

export function createEventBells(): EventBells {
  const ringers = new Map<string, Set<() => void>>();
  const size = (): number => [...ringers.values()].reduce((sum, set) => sum + set.size, 0);
  return {
    get size() {
      return size();
    },
    ring: (projectId) => {
      for (const ring of ringers.get(projectId) ?? []) ring();
    },
    add: (projectId) => {
      let rang = false;
      let wake: (() => void) | undefined;
      const ring = (): void => {
        rang = true;
        wake?.();
      };
      const set = ringers.get(projectId) ?? new Set();
      set.add(ring);
      ringers.set(projectId, set);
      return {
        wait: async (timeoutMs, signal) => {
          if (!rang && !signal.aborted)
            await new Promise<void>((resolve) => {
              const done = (): void => {
                clearTimeout(timer);
                signal.removeEventListener('abort', done);
                wake = undefined;
                resolve();
              };
              const timer = setTimeout(done, timeoutMs);
              // Not AbortSignal.any: a stream waits thousands of times on one signal, which would remember each of them.
              signal.addEventListener('abort', done);
              wake = done;
            });
          rang = false;
        },
        remove: () => {
          set.delete(ring);
          if (set.size === 0 && ringers.get(projectId) === set) ringers.delete(projectId);
        },
      };
    },
  };
}
