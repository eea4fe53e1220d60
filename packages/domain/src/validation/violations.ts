/** One rule that a request breaks: where (JSON pointer), which rule, in words, and what would be accepted. */
export interface Violation {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
  readonly suggestion?: string;
}

/** Collects all violations, so that a caller learns of every mistake at once. */
export type Report = (pointer: string, code: string, message: string, suggestion?: string) => void;

export function collectViolations(check: (report: Report) => void): readonly Violation[] {
  const violations: Violation[] = [];
  check((pointer, code, message, suggestion) =>
    violations.push({ pointer, code, message, ...(suggestion === undefined ? {} : { suggestion }) }),
  );
  return violations;
}

/** A member name as part of a JSON pointer (RFC 6901 §3). */
export function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The candidate nearest to a mistyped word (edit distance at most a third of its length, at least 2), if any. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3));
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase().slice(0, 64), candidate.toLowerCase()) }))
    .filter((entry) => entry.distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** Levenshtein's distance, one row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
