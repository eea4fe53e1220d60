import { KaasError } from '@matryoshka/application';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonBody } from './json-body.ts';
import { requestIdOf } from './request-id.ts';

const parse = (text: string | Buffer) => parseJsonBody(Buffer.from(text));
const refusal = (text: string | Buffer): string => {
  try {
    parse(text);
    return 'taken';
  } catch (error) {
    return error instanceof KaasError && error.code === 'invalid_json' ? error.message : `other: ${error}`;
  }
};

describe('a body', () => {
  it('is any JSON value, or nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
    expect(parse('')).toBeUndefined();
  });

  it.each([
    ['{"password":"geheim",}', 'it is malformed at line 1, column 22.'],
    ['{\n  "password": "geheim"\n  "user": 1}', 'it is malformed at line 3, column 3.'],
    ['{"password": geheim}', 'it is malformed.'],
    ['{', 'it is malformed'],
    [Buffer.from([0x22, 0xff, 0x22]), 'it is not UTF-8.'],
    [`${'['.repeat(33)}${']'.repeat(33)}`, 'it is nested deeper than 32 levels.'],
    [`${'['.repeat(120_000)}${']'.repeat(120_000)}`, 'it is nested deeper than 32 levels.'],
    [`${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`, 'it is nested deeper than 32 levels.'],
  ])('%# is refused in words that do not repeat it', (text, reason) => {
    const message = refusal(text);
    expect(message).toContain(reason);
    expect(message).not.toContain('geheim');
  });

  it('never makes it fail in another way', () => {
    const text = fc.oneof(
      fc.string(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(text, (body) => {
        expect(refusal(body)).not.toMatch(/^other/);
      }),
    );
  });
});

describe('a request id', () => {
  it('is taken when it is fit for a log line, and made otherwise', () => {
    expect(requestIdOf('trace-1.a_b:c')).toBe('trace-1.a_b:c');
    for (const bad of [undefined, '', ' ', 'a b', 'a\n{"level":60}', 'x'.repeat(65), '-a', ['a', 'b']])
      expect(requestIdOf(bad)).toMatch(/^req-[0-9a-f-]{36}$/);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (header) => {
        expect(requestIdOf(header)).toMatch(/^[\w.:-]{1,64}$/);
      }),
    );
  });
});
