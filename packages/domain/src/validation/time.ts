import type { Report } from './violations.ts';

/** The moment that a text means (ISO 8601, date and time), in milliseconds; reports `invalid_time` for a text that means none. What is no text is told by its shape. */
export function checkTime(report: Report, pointer: string, text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const at = Date.parse(text);
  if (!Number.isNaN(at) && /^\d{4}-\d{2}-\d{2}T/.test(text)) return at;
  report(pointer, 'invalid_time', 'must be a time like 2026-12-24T18:00:00Z');
  return undefined;
}
