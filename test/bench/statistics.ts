/** Median of a list; NaN of an empty one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** The value below which this share of a list lies; NaN of an empty one. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** `median (min–max, n)`, in seconds. */
export function describeMs(values: readonly number[]): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return `${seconds(median(values))} s (${seconds(Math.min(...values))}–${seconds(Math.max(...values))}, n=${values.length})`;
}
