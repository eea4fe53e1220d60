import { KaasError } from '@matryoshka/application';
import { type OperationDefinition, operationIds, operations } from '@matryoshka/contract';
import fc from 'fast-check';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { idempotencyKeyOf, ifMatchOf, paramsReader, queryReader } from './query.ts';

/** What a refusal says, or the value. */
function attempt<T>(work: () => T): T | { readonly code: string; readonly places: readonly string[] } {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof KaasError)) throw error;
    return { code: error.code, places: error.violations.map(({ pointer, code }) => `${pointer} ${code}`) };
  }
}
const read = (raw: object) => attempt(() => queryReader(operations['operation.list'])(raw));
const refused = (...places: readonly string[]) => ({ code: 'validation_failed', places });

describe('query parameters', () => {
  it('become what the schema says', () => {
    expect(read({ limit: '20', clusterId: 'c-1', state: 'running' })).toEqual({
      limit: 20,
      clusterId: 'c-1',
      state: 'running',
    });
    expect(read({})).toEqual({});
  });

  it.each([
    [{ limt: '1' }, '?limt unknown_field'],
    [{ limit: '0' }, '?limit invalid'],
    [{ limit: '501' }, '?limit invalid'],
    [{ limit: 'many' }, '?limit wrong_type'],
    [{ limit: '' }, '?limit wrong_type'],
    [{ limit: '1e2' }, '?limit wrong_type'],
    [{ limit: ['1', '2'] }, '?limit wrong_type'],
    [{ state: 'runing' }, '?state not_allowed'],
    [{ clusterId: 'a\0' }, '?clusterId invalid'],
    [JSON.parse('{"__proto__":"x"}') as object, '?__proto__ unknown_field'],
  ])('%j is refused', (raw, place) => expect(read(raw)).toEqual(refused(place)));

  it('are all named at once, with what was meant', () => {
    expect(read({ limit: '0', stat: 'x' })).toEqual(refused('?stat unknown_field', '?limit invalid'));
    try {
      queryReader(operations['operation.list'])({ stat: 'x' });
    } catch (error) {
      expect((error as KaasError).violations[0]?.suggestion).toBe('state');
    }
    expect.assertions(2);
  });

  it.each(operationIds)('that %s does not know are refused', (id) => {
    const reader = queryReader(operations[id] as OperationDefinition);
    expect(attempt(() => reader({ surely_not: '1' }))).toEqual(refused('?surely_not unknown_field'));
  });

  it('never fail in another way, whatever comes', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.string()));
    const name = fc.oneof(fc.string(), fc.constantFrom('limit', 'cursor', 'state', 'after', 'clusterId'));
    fc.assert(
      fc.property(fc.dictionary(name, value), fc.constantFrom(...operationIds), (raw, id) => {
        const result = attempt(() => queryReader(operations[id] as OperationDefinition)(raw));
        if ('places' in result) expect(result.code).toBe('validation_failed');
      }),
    );
  });
});

describe('If-Match', () => {
  it.each([
    [undefined, undefined],
    ['*', undefined],
    [' "7" ', [7]],
    ['"7", "8"', [7, 8]],
    ['W/"7"', []],
    ['"other", "8"', [8]],
    ['""', []],
    ['"9999999999999999999"', []],
  ])('%s names %j', (header, generations) => expect(ifMatchOf(header)).toEqual(generations));

  it.each(['7', '', '"7', '"7" "8"', '"7",', 'w/"7"', "'7'"])('%s is refused', (header) => {
    expect(attempt(() => ifMatchOf(header))).toEqual({ code: 'invalid_header', places: [] });
  });

  it('reads what the service itself sends, among anything', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.stringMatching(/^[a-z]{0,5}$/)), (generation, others) => {
        const header = [...others.map((other) => `"${other}"`), `"${generation}"`].join(', ');
        expect(ifMatchOf(header)).toEqual([generation]);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (header) => {
        const result = attempt(() => ifMatchOf(header));
        if (result !== undefined && 'code' in result) expect(result.code).toBe('invalid_header');
      }),
    );
  });
});

describe('Idempotency-Key', () => {
  it('takes what is visible and short enough', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 300 }), fc.uuid()), (key) => {
        const fine = /^[!-~]{1,255}$/.test(key);
        expect(attempt(() => idempotencyKeyOf(key))).toEqual(fine ? key : { code: 'invalid_header', places: [] });
      }),
    );
    expect(idempotencyKeyOf(undefined)).toBeUndefined();
    expect(attempt(() => idempotencyKeyOf(['a', 'b']))).toEqual({ code: 'invalid_header', places: [] });
  });
});

describe('path parameters', () => {
  const params = Type.Object({ clusterId: Type.String(), key: Type.Enum(['front', 'back']) });
  const names = paramsReader({ params: Type.Object({}) });

  it('that no name can have are answered like absent ones', () => {
    expect(names({ clusterId: 'c-1' })).toEqual({ clusterId: 'c-1' });
    for (const [name, kind] of [
      ['clusterId', 'cluster'],
      ['poolName', 'pool'],
      ['operationId', 'operation'],
    ] as const)
      expect(() => names({ [name]: 'x\0' })).toThrow(`There is no ${kind} x\0 in this project.`);
  });

  it('out of a list are those that stand in it', () => {
    const read = paramsReader({ params });
    expect(read({ clusterId: 'c-1', key: 'back' })).toEqual({ clusterId: 'c-1', key: 'back' });
    expect(attempt(() => read({ clusterId: 'c-1', key: 'side' }))).toMatchObject({
      ...{ code: 'validation_failed', places: ['{key} not_allowed'] },
    });
  });
});
