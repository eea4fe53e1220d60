import { type Event, operations, type QueryOf } from '@matryoshka/contract';
import { type ClientOptions, open, operationUrl } from './client.ts';
import { ServiceUnreachableError } from './errors.ts';

type EventQuery = QueryOf<(typeof operations)['event.stream']>;

/**
 * The events of the project in order, until the service ends the stream or the signal aborts.
 * Resume after a cut with `query.after` = id of the last event seen.
 */
export async function* streamEvents(
  options: ClientOptions,
  query: EventQuery,
  signal?: AbortSignal,
): AsyncGenerator<Event> {
  const operation = operations['event.stream'];
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
  for await (const chunk of response.body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).replaceAll('\r\n', '\n').split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = eventData(block);
      if (data !== undefined) yield JSON.parse(data) as Event;
    }
  }
}

/** The `data` of one block of an event stream (WHATWG, server-sent events); undefined for a comment. */
export function eventData(block: string): string | undefined {
  const lines = block.split('\n').filter((line) => line.startsWith('data:'));
  return lines.length === 0 ? undefined : lines.map((line) => line.slice(5).replace(/^ /, '')).join('\n');
}
