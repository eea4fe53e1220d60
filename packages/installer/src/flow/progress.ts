import type { FlowEvent } from './run.ts';

export interface ProgressWriter {
  readonly onEvent: (event: FlowEvent) => void;
  /** Ends the live line. */
  close(): void;
}

export interface ProgressOptions {
  readonly write: (text: string) => void;
  /** A terminal gets a live last line; anything else gets plain lines. */
  readonly tty: boolean;
  readonly json?: boolean;
  readonly columns?: number;
}

/** Time for people: `0.4 s`, `12 s`, `3 min 05 s`. */
export function formatDuration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** One line per finished step. Off a terminal, details are printed at most every 15 s per step, so that a log shows life without noise. */
export function progressWriter(options: ProgressOptions): ProgressWriter {
  if (options.json === true)
    return { onEvent: (event) => options.write(`${JSON.stringify(event)}\n`), close: () => undefined };
  const live = new Map<string, { readonly title: string; detail: string; lastPrintedMs: number }>();
  const clear = (): void => {
    if (options.tty) options.write('\r\u001b[2K');
  };
  const redraw = (): void => {
    if (!options.tty || live.size === 0) return;
    const text = [...live.values()]
      .map((step) => (step.detail === '' ? step.title : `${step.title}: ${step.detail}`))
      .join(' · ');
    options.write(text.slice(0, (options.columns ?? 100) - 1));
  };
  return {
    onEvent: (event) => {
      clear();
      switch (event.type) {
        case 'started':
          live.set(event.step, { title: event.title, detail: '', lastPrintedMs: 0 });
          break;
        case 'detail': {
          const step = live.get(event.step);
          if (step === undefined) break;
          step.detail = event.detail;
          if (!options.tty && event.elapsedMs - step.lastPrintedMs >= 15_000) {
            step.lastPrintedMs = event.elapsedMs;
            options.write(`      … ${step.title}: ${event.detail} (${formatDuration(event.elapsedMs)})\n`);
          }
          break;
        }
        case 'done':
          live.delete(event.step);
          options.write(
            `${`[${event.completed}/${event.total}]`.padStart(7)} ✓ ${event.title} ${event.changed ? formatDuration(event.elapsedMs) : '(as it should be)'}\n`,
          );
          break;
        case 'failed':
          live.delete(event.step);
          options.write(`        ✗ ${event.title} failed after ${formatDuration(event.elapsedMs)}\n`);
          break;
      }
      redraw();
    },
    close: clear,
  };
}
