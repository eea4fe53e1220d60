import { open } from './http.ts';

export interface SeenEvent {
  readonly id: string;
  readonly type: string;
  readonly clusterId?: string;
  readonly operationId?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventReader {
  /** The `id` of the last block, also of one without data. */
  readonly lastId: () => string | undefined;
  /** Events in the order they came, without end; returns when the service ends the stream properly. */
  readonly events: AsyncGenerator<SeenEvent>;
  /** Hangs up. */
  readonly stop: () => void;
}

/** Reads a stream as an EventSource does (WHATWG HTML §9.2.6): blocks, ids, data. */
export async function readEvents(
  baseUrl: string,
  token: string,
  from: { readonly lastEventId?: string; readonly query?: Readonly<Record<string, string>> } = {},
): Promise<EventReader> {
  const stop = new AbortController();
  const response = await open(baseUrl, 'event.stream', {
    token,
    signal: stop.signal,
    ...(from.query === undefined ? {} : { query: from.query }),
    ...(from.lastEventId === undefined ? {} : { headers: { 'last-event-id': from.lastEventId } }),
  });
  if (response.status !== 200) throw new Error(`the stream is refused: ${await response.text()}`);
  if (response.headers.get('content-type') !== 'text/event-stream') throw new Error('that is no event stream');
  let lastId: string | undefined;
  async function* events(): AsyncGenerator<SeenEvent> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body ?? []) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        lastId = /^id: (\d+)$/m.exec(block)?.[1] ?? lastId;
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) yield JSON.parse(data) as SeenEvent;
      }
    }
    if (rest !== '') throw new Error(`the stream ended within a block: ${rest}`);
  }
  return { lastId: () => lastId, events: events(), stop: () => stop.abort() };
}
