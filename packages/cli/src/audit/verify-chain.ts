import { createHash } from 'node:crypto';
import type { AuditLink } from '@matryoshka/contract';

export interface ChainVerdict {
  readonly records: number;
  /** Of the last record; compare it with a head that was written down elsewhere. */
  readonly head: { readonly sequence: number; readonly hash: string } | null;
  /** The first line that is wrong, from 1 on, and why; null: the chain is whole. */
  readonly fault: { readonly line: number; readonly why: string } | null;
}

/** Of the record before the first. */
const noHash = '0'.repeat(64);

/**
 * Checks exported lines without the service (docs/audit.md): hashes, links, numbers, and that each text says the number it has. `from` is the
 * hash that the first line must follow; default: it is the first record of all.
 */
export function verifyChain(lines: readonly string[], from = noHash): ChainVerdict {
  let before = { sequence: 0, hash: from };
  for (const [index, text] of lines.entries()) {
    const link = readLink(text);
    const why =
      link === undefined ? 'it is no line of an export' : faultOf(link, before, index === 0 && from !== noHash);
    if (link === undefined || why !== undefined)
      return { records: index, head: headOf(before), fault: { line: index + 1, why: why ?? '' } };
    before = link;
  }
  return { records: lines.length, head: headOf(before), fault: null };
}

const headOf = ({ sequence, hash }: { readonly sequence: number; readonly hash: string }): ChainVerdict['head'] =>
  sequence === 0 ? null : { sequence, hash };

function readLink(text: string): AuditLink | undefined {
  try {
    const link = JSON.parse(text) as Partial<AuditLink>;
    const { sequence, payload, previous, hash } = link;
    if (typeof sequence !== 'number' || typeof payload !== 'string') return undefined;
    return /^[0-9a-f]{64}$/.test(previous ?? '') && /^[0-9a-f]{64}$/.test(hash ?? '') ? (link as AuditLink) : undefined;
  } catch {
    return undefined;
  }
}

function faultOf(
  { sequence, payload, previous, hash }: AuditLink,
  before: { readonly sequence: number; readonly hash: string },
  startsAnywhere: boolean,
): string | undefined {
  const computed = createHash('sha256').update(Buffer.from(previous, 'hex')).update(payload, 'utf8').digest('hex');
  if (!startsAnywhere && sequence !== before.sequence + 1)
    return `record ${before.sequence + 1} is missing: this one is ${sequence}`;
  if (computed !== hash) return `the text of record ${sequence} is not what was hashed`;
  if (previous !== before.hash) return `record ${sequence} does not follow the one before it`;
  return numberIn(payload) === sequence ? undefined : `the text of record ${sequence} has another number`;
}

function numberIn(payload: string): unknown {
  try {
    return (JSON.parse(payload) as { readonly sequence?: unknown }).sequence;
  } catch {
    return undefined;
  }
}
