import type { Event } from '@matryoshka/contract';
import type { Logger } from '@matryoshka/system';
import type { Bell } from './bells.ts';

export interface EventStreamTimes {
  /** Longest time between two looks into the database, with or without notifications. */
  readonly pollMs: number;
  /** A comment is sent after so long a silence, so that proxies keep the connection and a dead peer is noticed. */
  readonly keepAliveMs: number;
  /** A reader that takes nothing for so long is cut off; it can resume. */
  readonly stallMs: number;
  /** How often the session is looked at again: it may have been logged out. */
  readonly recheckMs: number;
}

export const defaultEventTimes: EventStreamTimes = {
  pollMs: 2_000,
  keepAliveMs: 15_000,
  stallMs: 60_000,
  recheckMs: 30_000,
};

export interface EventStreamSource {
  /** The number after which the stream starts. */
  readonly after: number;
  /** Events after a number, in order, at most one page; an empty answer means that there are none now. */
  readonly read: (after: number) => Promise<readonly Event[]>;
  /** True while the database is away: the stream then waits instead of ending. */
  readonly isTransient: (error: unknown) => boolean;
  /** May the reader still read? */
  readonly isAllowed: () => Promise<boolean>;
  readonly bell: Bell;
  readonly times: EventStreamTimes;
  readonly signal: AbortSignal;
  /** The reader stopped taking what is sent. */
  readonly onStall: () => void;
  readonly log: Logger;
}

/** How soon an EventSource comes back after the end of a stream. */
const retryMs = 2_000;

/**
 * The text of a stream of server-sent events (WHATWG HTML §9.2), without end until the signal aborts. The consumer pulls: nothing is read
 * from the database before the last page was taken, so a slow reader costs one page of memory. The first block carries only an id, so
 * that a reader who saw no event yet resumes at the right place as well.
 */
export async function* eventStream(source: EventStreamSource): AsyncGenerator<string> {
  const { bell, times, signal } = source;
  let position = source.after;
  let spokeAt = performance.now();
  let checkedAt = spokeAt;
  try {
    yield* taken(`retry: ${retryMs}\nid: ${position}\n\n`, source);
    while (!signal.aborted) {
      const events = await readOrWait(source, position);
      const last = events.at(-1);
      if (last !== undefined) {
        position = Number(last.id);
        yield* taken(events.map(blockOf).join(''), source);
        spokeAt = performance.now();
      } else {
        await bell.wait(times.pollMs, signal);
        if (performance.now() - spokeAt >= times.keepAliveMs && !signal.aborted) {
          yield* taken(': still here\n\n', source);
          spokeAt = performance.now();
        }
      }
      if (performance.now() - checkedAt >= times.recheckMs) {
        if (!(await source.isAllowed())) return;
        checkedAt = performance.now();
      }
    }
  } finally {
    bell.remove();
  }
}

async function readOrWait(source: EventStreamSource, position: number): Promise<readonly Event[]> {
  try {
    return await source.read(position);
  } catch (error) {
    if (source.isTransient(error)) return [];
    source.log.error({ err: error }, 'event stream failed');
    throw error;
  }
}

/** Hands out one chunk and watches that it is taken. */
function* taken(chunk: string, { times, onStall }: EventStreamSource): Generator<string> {
  const timer = setTimeout(onStall, times.stallMs);
  timer.unref();
  try {
    yield chunk;
  } finally {
    clearTimeout(timer);
  }
}

function blockOf(event: Event): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
