import { KaasError } from '@matryoshka/application';
import type { Event } from '@matryoshka/contract';
import {
  type EventFilter,
  inProject,
  isDatabaseUnavailable,
  lastEventSequence,
  listEvents,
  type StoredEvent,
} from '@matryoshka/postgres';
import { authenticate } from '../auth/sessions.ts';
import type { ApiContext } from '../context.ts';
import type { Incoming, StreamHandlers } from '../http/incoming.ts';
import { eventStream } from './stream.ts';

/** Events read at once: all that a stream keeps in memory for a slow reader. */
const pageSize = 100;

export const eventHandlers: StreamHandlers = {
  'event.stream': async (context, incoming, connection) => {
    const { pool, bells, eventTimes, log } = context;
    const { caller } = incoming;
    const filter = filterOf(incoming.query);
    const wanted = startOf(incoming);
    // Before the first look, so that nothing written meanwhile goes unnoticed until the next poll.
    const bell = bells.add(caller.projectId);
    try {
      return eventStream({
        after: wanted ?? (await inProject(pool, caller, async (tx) => await lastEventSequence(tx))),
        read: async (position) => {
          const page = await inProject(pool, caller, async (tx) => await listEvents(tx, position, pageSize, filter));
          return page.map(eventView);
        },
        isTransient: isDatabaseUnavailable,
        isAllowed: async () => await isStillAllowed(context, incoming),
        bell,
        times: eventTimes,
        signal: connection.signal,
        onStall: connection.cut,
        log,
      });
    } catch (error) {
      bell.remove();
      throw error;
    }
  },
};

function filterOf({ clusterId, operationId }: Incoming<'event.stream'>['query']): EventFilter {
  return {
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(operationId === undefined ? {} : { operationId }),
  };
}

/** The header goes first: a browser repeats the URL it was opened with, and its `after` is older than what it saw since. */
function startOf({ lastEventId, query }: Incoming<'event.stream'>): number | undefined {
  if (lastEventId === undefined || lastEventId === '')
    return query.after === undefined ? undefined : Number(query.after);
  if (/^\d{1,15}$/.test(lastEventId)) return Number(lastEventId);
  throw new KaasError('invalid_header', 'Last-Event-ID must be the id of an event.', {
    next: 'Send the id of the last event you saw, or none.',
  });
}

async function isStillAllowed({ pool, now }: ApiContext, incoming: Incoming<'event.stream'>): Promise<boolean> {
  try {
    await authenticate(pool, incoming.authorization, { ...incoming, now: now() });
    return true;
  } catch (error) {
    return !(error instanceof KaasError);
  }
}

function eventView(event: StoredEvent): Event {
  return {
    id: String(event.sequence),
    type: event.type as Event['type'],
    at: event.at.toISOString(),
    ...(event.clusterId === null ? {} : { clusterId: event.clusterId }),
    ...(event.operationId === null ? {} : { operationId: event.operationId }),
    data: { ...event.data },
  };
}
