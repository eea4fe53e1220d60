import { usageError } from './errors.ts';
import { parseDuration } from './parse-duration.ts';

/** A time, or how long ago: `10m`. Throws a usage error. */
export function momentOf(text: string, now: Date): string {
  if (/^\d{4}-/.test(text)) return text;
  try {
    return new Date(now.getTime() - parseDuration(text)).toISOString();
  } catch {
    throw usageError(`${text} is no time and no duration`, 'For example: 10m, or 2026-12-24T18:00:00Z.');
  }
}
