import { callKinds, type Gap, type Report } from './model.ts';

const seconds = (ms: number): string => (ms / 1000).toFixed(ms < 10_000 ? 2 : 1);
const gapText = (gap: Gap | null): string =>
  gap === null ? '-' : `${seconds(gap.ms)} s (${gap.kind}, ${seconds(gap.at)} s after the start)`;

/** A report for people. */
export function reportText(report: Report): string {
  const { watch } = report;
  const rows = callKinds.flatMap((kind) => {
    const call = report.calls[kind];
    if (call === undefined) return [];
    const gap = call.longestGap === null ? '-' : `${seconds(call.longestGap.ms)} s`;
    const took = `${call.p50Ms.toFixed(0)} / ${call.p99Ms.toFixed(0)} ms`;
    return [[kind, String(call.calls), String(call.failed), String(call.failedTwice), gap, took]];
  });
  const table = [['', 'CALLS', 'FAILED', 'TWICE', 'LONGEST GAP', 'P50 / P99'], ...rows];
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const errors = callKinds.flatMap((kind) =>
    Object.entries(report.calls[kind]?.errors ?? {})
      .slice(0, 3)
      .map(([error, count]) => `  ${count} × ${kind}: ${error}`),
  );
  return [
    `${seconds(report.durationMs)} s at ${report.server}, every ${report.intervalMs} ms`,
    ...lines,
    `watch  ${watch.events} events, lag ${watch.lagP50Ms.toFixed(0)} / ${watch.lagP99Ms.toFixed(0)} / ${watch.lagMaxMs.toFixed(0)} ms (p50 / p99 / most), longest gap ${gapText(watch.longestGap)}`,
    `       ${watch.missing.length} missing, ${watch.doubled} doubled, ${watch.reordered} out of order; begun again ${watch.breaks} times, of which ${watch.expired} could not go on where they were`,
    `writes ${report.acknowledged} acknowledged, ${report.lost.length} of them lost${report.lost.length === 0 ? '' : `: ${report.lost.slice(0, 5).join(', ')}`}`,
    ...(errors.length === 0 ? [] : ['errors', ...errors]),
    `longest gap ${gapText(report.longestGap)}`,
    '',
  ].join('\n');
}
