import { TypedError } from '@matryoshka/system';
import { describe, expect, it } from 'vitest';
import { defineGraph, type Step } from './graph.ts';
import { formatDuration, progressWriter } from './progress.ts';
import { type FlowEvent, runGraph } from './run.ts';

type World = Set<string>;

/** A step that makes its id part of the world. */
const step = (id: string, after: readonly string[] = [], more: Partial<Step<World>> = {}): Step<World> => ({
  id,
  title: `the ${id}`,
  after,
  check: async (world) => world.has(id),
  apply: async (world) => {
    world.add(id);
  },
  ...more,
});

describe('defineGraph', () => {
  it('refuses a step defined twice, an unknown dependency and a cycle', () => {
    expect(() => defineGraph([step('a'), step('a')])).toThrow('step a is defined twice');
    expect(() => defineGraph([step('a', ['b'])])).toThrow('step a comes after b, which is not defined');
    expect(() => defineGraph([step('a', ['c']), step('b', ['a']), step('c', ['b'])])).toThrow('a → c → b → a');
  });

  it('puts every step behind all it depends on', () => {
    const ids = defineGraph([step('d', ['b', 'c']), step('b', ['a']), step('c', ['a']), step('a')]).steps.map(
      (s) => s.id,
    );
    for (const [before, after] of [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'd'],
      ['c', 'd'],
    ] as const)
      expect(ids.indexOf(before)).toBeLessThan(ids.indexOf(after));
  });
});

describe('runGraph', () => {
  it('applies once; a second run finds all as it should be', async () => {
    const world: World = new Set();
    const graph = defineGraph([step('a'), step('b', ['a'])]);
    const events: FlowEvent[] = [];
    const done = (): unknown =>
      events.filter((event) => event.type === 'done').map((event) => ('changed' in event ? event.changed : undefined));
    await runGraph(graph, world, { onEvent: (event) => events.push(event) });
    expect(done()).toEqual([true, true]);
    events.length = 0;
    await runGraph(graph, world, { onEvent: (event) => events.push(event) });
    expect(done()).toEqual([false, false]);
    expect(world).toEqual(new Set(['a', 'b']));
  });

  it('never starts a step before those it comes after, and runs independent ones together', async () => {
    const world: World = new Set();
    let together = 0;
    let most = 0;
    const slow = (id: string, after: readonly string[]) =>
      step(id, after, {
        apply: async (state) => {
          for (const before of after) expect(state.has(before)).toBe(true);
          together += 1;
          most = Math.max(most, together);
          await new Promise((resolve) => setTimeout(resolve, 20));
          together -= 1;
          state.add(id);
        },
      });
    await runGraph(defineGraph([slow('d', ['b', 'c']), slow('b', ['a']), slow('c', ['a']), slow('a', [])]), world);
    expect(most).toBe(2);
    expect(world.size).toBe(4);
  });

  it("names the step that failed, keeps the error's advice, starts nothing more, and goes on from there next time", async () => {
    const world: World = new Set();
    let broken = true;
    const graph = defineGraph([
      step('a'),
      step('b', ['a'], {
        verify: async () => {
          if (broken)
            throw new TypedError('port 5000 is taken', { code: 'port_taken', actor: 'user', next: 'Free it.' });
        },
        check: async () => false,
      }),
      step('c', ['b']),
    ]);
    await expect(runGraph(graph, world)).rejects.toMatchObject({
      message: 'b: port 5000 is taken',
      code: 'port_taken',
      actor: 'user',
      next: 'Free it.',
      step: 'b',
    });
    expect(world.has('c')).toBe(false);
    broken = false;
    await runGraph(graph, world);
    expect(world.has('c')).toBe(true);
  });

  it('tells running steps to stop when another fails, and says the first reason', async () => {
    const graph = defineGraph([
      step('slow', [], {
        apply: async (_world, run) => {
          await new Promise((_resolve, reject) =>
            run.signal.addEventListener('abort', () => reject(new Error('stopped'))),
          );
        },
      }),
      step('bad', [], {
        apply: async () => {
          throw new Error('write /x: ENOSPC: no space left on device');
        },
      }),
    ]);
    await expect(runGraph(graph, new Set())).rejects.toThrow(/^bad: the disk is full: /);
  });

  it('stops when it is interrupted', async () => {
    const abort = new AbortController();
    const graph = defineGraph([
      step('a', [], {
        apply: async (_world, run) => {
          abort.abort();
          run.signal.throwIfAborted();
        },
      }),
      step('b', ['a']),
    ]);
    await expect(runGraph(graph, new Set(), { signal: abort.signal })).rejects.toMatchObject({ code: 'interrupted' });
  });
});

describe('progress', () => {
  const events: readonly FlowEvent[] = [
    { type: 'started', step: 'a', title: 'the database', index: 1, total: 2 },
    { type: 'detail', step: 'a', detail: 'starting', elapsedMs: 100 },
    { type: 'detail', step: 'a', detail: 'still starting', elapsedMs: 16_000 },
    { type: 'done', step: 'a', title: 'the database', elapsedMs: 65_000, changed: true, completed: 1, total: 2 },
    { type: 'failed', step: 'b', title: 'the registry', elapsedMs: 10, message: 'x' },
  ];

  it('writes plain lines off a terminal, without noise', () => {
    let text = '';
    const writer = progressWriter({
      tty: false,
      write: (more) => {
        text += more;
      },
    });
    for (const event of events) writer.onEvent(event);
    expect(text).toBe(
      '      … the database: still starting (16 s)\n  [1/2] ✓ the database 1 min 05 s\n        ✗ the registry failed after 0.0 s\n',
    );
  });

  it('writes one JSON object per line when asked', () => {
    let text = '';
    const writer = progressWriter({
      tty: false,
      json: true,
      write: (more) => {
        text += more;
      },
    });
    for (const event of events) writer.onEvent(event);
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(events);
  });

  it.each([
    [420, '0.4 s'],
    [59_000, '59 s'],
    [185_000, '3 min 05 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
