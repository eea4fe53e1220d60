import type { Event, Operations, QueryOf } from '@matryoshka/contract';
import { routes } from '@matryoshka/contract/routes';
import { type ClientOptions, open, operationUrl } from './client.ts';
import { ProblemError, ServiceUnreachableError } from './errors.ts';

type EventQuery = QueryOf<Operations['event.stream']>;

export interface FollowOptions {
  /** Pause before the stream is opened anew, in milliseconds; default 1 000. */
  readonly retryMs?: number;
  /** How long the service may be away before it is an error, in milliseconds; default 60 000. */
  readonly patienceMs?: number;
}

/**
 * The events of the project in order, until the service ends the stream or the signal aborts.
 * Resume after a cut with `query.after` = id of the last event seen. Throws {@link ProblemError} or {@link ServiceUnreachableError}.
 */
export async function* streamEvents(
  options: ClientOptions,
  query: EventQuery,
  signal?: AbortSignal,
): AsyncGenerator<Event> {
  for await (const { event } of streamBlocks(options, query, signal)) if (event !== undefined) yield event;
}

/**
 * Like {@link streamEvents}, without end: comes back where it was when a stream ends or breaks, so that a restart of the service loses
 * and doubles nothing. Returns when the signal aborts. Throws {@link ProblemError} for what the service refuses and
 * {@link ServiceUnreachableError} when it is away for too long.
 */
export async function* followEvents(
  options: ClientOptions,
  query: EventQuery,
  signal: AbortSignal,
  { retryMs = 1_000, patienceMs = 60_000 }: FollowOptions = {},
): AsyncGenerator<Event> {
  let after = query.after;
  let away: number | undefined;
  while (!signal.aborted) {
    try {
      for await (const block of streamBlocks(options, after === undefined ? query : { ...query, after }, signal)) {
        away = undefined;
        // The service names the place at the beginning, so that it is known before the first event.
        after = block.id ?? after;
        if (block.event !== undefined) yield block.event;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!mayPass(error)) throw error;
      away ??= performance.now();
      if (performance.now() - away > patienceMs) throw error;
    }
    await pause(retryMs, signal);
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof ServiceUnreachableError || (error instanceof ProblemError && error.problem.status === 503);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

interface Block {
  readonly id: string | undefined;
  readonly event: Event | undefined;
}

async function* streamBlocks(
  options: ClientOptions,
  query: EventQuery,
  signal: AbortSignal | undefined,
): AsyncGenerator<Block> {
  const operation = routes['event.stream'];
  const url = operationUrl(options.baseUrl, operation, { query });
  const response = await open(
    options,
    operation,
    url,
    { headers: { accept: 'text/event-stream' }, ...(signal === undefined ? {} : { signal }) },
    undefined,
  );
  if (response.body === null) throw new ServiceUnreachableError(url, 'the event stream has no body');
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of response.body) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).replaceAll('\r\n', '\n').split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = eventData(block);
        yield { id: fieldsOf(block, 'id').at(-1), event: data === undefined ? undefined : (JSON.parse(data) as Event) };
      }
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ServiceUnreachableError(options.baseUrl, 'the event stream broke off', error);
  }
}

/** The `data` of one block of an event stream (WHATWG, server-sent events); undefined for a comment. */
export function eventData(block: string): string | undefined {
  const lines = fieldsOf(block, 'data');
  return lines.length === 0 ? undefined : lines.join('\n');
}

function fieldsOf(block: string, name: string): readonly string[] {
  const lines = block.split('\n').filter((line) => line.startsWith(`${name}:`));
  return lines.map((line) => line.slice(name.length + 1).replace(/^ /, ''));
}
