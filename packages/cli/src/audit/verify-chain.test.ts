import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyChain } from './verify-chain.ts';

const noHash = '0'.repeat(64);

/** A chain as docs/audit.md describes it, made here without the code under test. */
function chainOf(count: number): string[] {
  let previous = noHash;
  return Array.from({ length: count }, (_, index) => {
    const sequence = index + 1;
    const payload = JSON.stringify({ sequence, action: 'cluster.create', resource: `c-${index} ü` });
    const hash = createHash('sha256')
      .update(Buffer.concat([Buffer.from(previous, 'hex'), Buffer.from(payload)]))
      .digest('hex');
    const line = JSON.stringify({ sequence, payload, previous, hash });
    previous = hash;
    return line;
  });
}
const edit = (line: string | undefined, change: object): string =>
  JSON.stringify({ ...JSON.parse(line ?? ''), ...change });
const fault = (lines: readonly string[]) => verifyChain(lines).fault;

describe('an exported chain', () => {
  it('is whole, and ends in its head', () => {
    const lines = chainOf(5);
    const last = JSON.parse(lines[4] ?? '') as { readonly hash: string };
    expect(verifyChain(lines)).toEqual({ records: 5, head: { sequence: 5, hash: last.hash }, fault: null });
    expect(verifyChain([])).toEqual({ records: 0, head: null, fault: null });
    const { hash } = JSON.parse(lines[1] ?? '') as { readonly hash: string };
    expect(verifyChain(lines.slice(2), hash)).toMatchObject({ records: 3, fault: null });
  });

  it('shows every kind of tampering at the line where it is', () => {
    const lines = chainOf(5);
    const [one = '', two = '', three = '', four = '', five = ''] = lines;
    const payload = JSON.stringify({ sequence: 3, action: 'cluster.delete', resource: 'c-2 ü' });
    expect(fault([one, two, edit(three, { payload }), four, five])).toEqual({
      line: 3,
      why: 'the text of record 3 is not what was hashed',
    });
    const { previous } = JSON.parse(three) as { readonly previous: string };
    const hash = createHash('sha256').update(Buffer.from(previous, 'hex')).update(payload).digest('hex');
    expect(fault([one, two, edit(three, { payload, hash }), four, five])).toMatchObject({
      line: 4,
      why: expect.stringMatching(/follow/),
    });
    expect(fault([one, two, four, five])).toEqual({ line: 3, why: 'record 3 is missing: this one is 4' });
    expect(fault([two, three])).toMatchObject({ line: 1, why: expect.stringMatching(/missing/) });
    expect(fault([one, three, two])).toMatchObject({ line: 2 });
    expect(fault([one, two, two])).toMatchObject({ line: 3 });
    expect(fault([one, 'x'])).toEqual({ line: 2, why: 'it is no line of an export' });
    expect(fault([one, edit(two, { hash: 'x' })])).toMatchObject({ line: 2, why: 'it is no line of an export' });
  });
});
