import { setTimeout as delay } from 'node:timers/promises';
import type { Event } from '@matryoshka/contract';
import { createLogger } from '@matryoshka/system';
import { describe, expect, it } from 'vitest';
import { createEventBells } from './bells.ts';
import { type EventStreamSource, eventStream } from './stream.ts';

const log = createLogger('test');
log.level = 'silent';
const hour = 3_600_000;
const never = { pollMs: hour, keepAliveMs: hour, stallMs: hour, recheckMs: hour };
const event = (id: number): Event => ({ id: String(id), type: 'cluster.phase', at: '2026-11-24T00:00:00Z', data: {} });

/** A log of events in memory, and a stream that follows it. */
function setUp(change: Partial<EventStreamSource> = {}) {
  const events: Event[] = [];
  const bells = createEventBells();
  const stop = new AbortController();
  let reads = 0;
  const stream = eventStream({
    after: 0,
    read: async (after) => {
      reads += 1;
      return events.filter((item) => Number(item.id) > after).slice(0, 2);
    },
    isTransient: () => false,
    isAllowed: async () => true,
    bell: bells.add('p'),
    times: never,
    signal: stop.signal,
    onStall: () => undefined,
    log,
    ...change,
  });
  const next = async () => (await stream.next()).value as string | undefined;
  return { events, bells, stop, next, reads: () => reads };
}
const idsOf = (chunk: string | undefined) => [...(chunk ?? '').matchAll(/^id: (\d+)$/gm)].map((match) => match[1]);

describe('an event stream', () => {
  it('begins with its place, so that a reader without events resumes there', async () => {
    const { next } = setUp({ after: 41 });
    expect(await next()).toBe('retry: 2000\nid: 41\n\n');
  });

  it('gives every event once and in order, page by page', async () => {
    const { events, next } = setUp();
    events.push(event(1), event(2), event(3));
    await next();
    expect(await next()).toBe(
      [1, 2].map((id) => `id: ${id}\nevent: cluster.phase\ndata: ${JSON.stringify(event(id))}\n\n`).join(''),
    );
    expect(idsOf(await next())).toEqual(['3']);
  });

  it('reads nothing that nobody takes', async () => {
    const { events, next, reads } = setUp();
    for (let id = 1; id <= 10; id += 1) events.push(event(id));
    await next();
    await next();
    await delay(20);
    expect(reads()).toBe(1);
  });

  it('wakes by its bell, also by one that rang before it listened', async () => {
    const { events, bells, next } = setUp();
    await next();
    const waiting = next();
    await delay(5);
    events.push(event(1));
    bells.ring('other');
    bells.ring('p');
    expect(idsOf(await waiting)).toEqual(['1']);
  });

  it('finds events without any bell', async () => {
    const { events, next } = setUp({ times: { ...never, pollMs: 5 } });
    await next();
    const waiting = next();
    await delay(10);
    events.push(event(1));
    expect(idsOf(await waiting)).toEqual(['1']);
  });

  it('says now and then that it lives', async () => {
    const { next } = setUp({ times: { ...never, pollMs: 2, keepAliveMs: 5 } });
    await next();
    expect(await next()).toBe(': still here\n\n');
  });

  it('waits while the database is away, and ends with any other error', async () => {
    let away = 3;
    const read = async () => {
      away -= 1;
      if (away >= 0) throw new Error('away');
      return [event(1)];
    };
    const { next } = setUp({ read, isTransient: () => true, times: { ...never, pollMs: 1 } });
    await next();
    expect(idsOf(await next())).toEqual(['1']);
    const broken = setUp({ read: async () => await Promise.reject(new Error('bug')) });
    await broken.next();
    await expect(broken.next()).rejects.toThrow('bug');
    expect(broken.bells.size).toBe(0);
  });

  it('ends when the process ends or the session does, and leaves no bell behind', async () => {
    const { stop, next, bells } = setUp();
    await next();
    const waiting = next();
    expect(bells.size).toBe(1);
    stop.abort();
    expect(await waiting).toBeUndefined();
    expect(bells.size).toBe(0);
    const loggedOut = setUp({ isAllowed: async () => false, times: { ...never, pollMs: 1, recheckMs: 0 } });
    await loggedOut.next();
    expect(await loggedOut.next()).toBeUndefined();
    expect(loggedOut.bells.size).toBe(0);
  });

  it('notices a reader that takes nothing', async () => {
    let stalled = 0;
    const { next } = setUp({
      onStall: () => (stalled += 1),
      times: { ...never, stallMs: 5, pollMs: 1, keepAliveMs: 0 },
    });
    await next();
    await next();
    expect(stalled).toBe(0);
    await delay(30);
    expect(stalled).toBe(1);
  });
});
