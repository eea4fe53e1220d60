import { type CallKind, callKinds, type Recording, type Sample } from './model.ts';

const [width, left, rowHeight, top] = [1200, 70, 64, 40] as const;
const colours = {
  ok: '#2f9e44',
  repeated: '#f08c00',
  failed: '#e03131',
  gap: '#ffe3e3',
  text: '#343a40',
  line: '#dee2e6',
};
/** Times without a success that are longer than this, and than three intervals, are shaded. */
const shadedMs = 250;

/** A picture of a recording (SVG): a bar for each call, as high as it took long; time without a success is shaded. */
export function timeline(recording: Recording): string {
  const { durationMs, samples, arrivals, startedAt, server, intervalMs, execIntervalMs } = recording;
  const limit = (kind: CallKind | 'watch'): number =>
    Math.max(shadedMs, 3 * (kind === 'exec' ? execIntervalMs : intervalMs));
  const span = Math.max(durationMs, 1);
  const x = (at: number): number => left + (at / span) * (width - left - 20);
  const byKind = Map.groupBy(samples, ({ kind }) => kind);
  const rows: { readonly name: string; readonly body: string }[] = callKinds
    .filter((kind) => byKind.has(kind))
    .map((kind) => ({ name: kind, body: callRow(kind, byKind.get(kind) ?? [], { x, span, limit: limit(kind) }) }));
  const times = arrivals.map(({ at }) => at);
  const ticks = times.map((at) => rect(x(at), 30, 1, rowHeight - 36, colours.ok)).join('');
  rows.push({ name: 'watch', body: shading(times, { x, span, limit: limit('watch') }) + ticks });
  const height = top + rows.length * rowHeight + 30;
  const body = rows
    .map(
      ({ name, body: row }, i) =>
        `<g transform="translate(0 ${top + i * rowHeight})"><text x="8" y="${rowHeight - 10}">${name}</text>` +
        `<line x1="${left}" x2="${width - 20}" y1="${rowHeight - 5.5}" y2="${rowHeight - 5.5}" stroke="${colours.line}"/>${row}</g>`,
    )
    .join('\n');
  const step = niceStep(span / 10);
  const axis = Array.from({ length: Math.floor(span / step) + 1 }, (_, i) => i * step)
    .map((at) => `<text x="${x(at).toFixed(1)}" y="${height - 10}" text-anchor="middle">${at / 1000} s</text>`)
    .join('');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="${colours.text}">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="8" y="20" font-size="14">${escaped(server)}, from ${escaped(startedAt)}</text>`,
    legend(),
    body,
    axis,
    '</svg>',
    '',
  ].join('\n');
}

interface Scale {
  readonly x: (at: number) => number;
  readonly span: number;
  /** Longer times without a success are shaded. */
  readonly limit: number;
}

function callRow(kind: CallKind, samples: readonly Sample[], scale: Scale): string {
  const good = samples.filter(({ ok, repeatOk }) => ok || repeatOk === true);
  const bars = samples.map((sample) => {
    const colour = sample.ok ? colours.ok : sample.repeatOk === true ? colours.repeated : colours.failed;
    // Logarithmic: 1 ms is a dot, 10 s fills the row.
    const high = Math.min(rowHeight - 12, 4 + Math.log10(Math.max(1, sample.tookMs)) * 11);
    return rect(
      scale.x(sample.at),
      rowHeight - 6 - high,
      1.2,
      high,
      colour,
      `${kind} ${sample.tookMs.toFixed(0)} ms ${sample.error ?? ''}`,
    );
  });
  return (
    shading(
      good.map(({ at, tookMs }) => at + tookMs),
      scale,
    ) + bars.join('')
  );
}

function shading(successes: readonly number[], { x, span, limit }: Scale): string {
  const times = [0, ...successes.toSorted((a, b) => a - b), span];
  return times
    .slice(0, -1)
    .flatMap((at, i) => {
      const end = times[i + 1] ?? at;
      return end - at > limit
        ? [rect(x(at), 6, x(end) - x(at), rowHeight - 12, colours.gap, `${(end - at).toFixed(0)} ms without`)]
        : [];
    })
    .join('');
}

function rect(x: number, y: number, w: number, h: number, fill: string, title?: string): string {
  const numbers = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${w.toFixed(1)}" height="${h.toFixed(1)}"`;
  return title === undefined
    ? `<rect ${numbers} fill="${fill}"/>`
    : `<rect ${numbers} fill="${fill}"><title>${escaped(title.trim())}</title></rect>`;
}

function legend(): string {
  const entries = [
    [520, colours.ok, 'answered'],
    [610, colours.repeated, 'answered when repeated'],
    [780, colours.failed, 'failed twice'],
    [880, colours.gap, `no success for more than ${shadedMs} ms (or 3 intervals)`],
  ] as const;
  return entries
    .map(([from, colour, words]) => `${rect(from, 11, 10, 10, colour)}<text x="${from + 15}" y="20">${words}</text>`)
    .join('');
}

const niceStep = (ms: number): number =>
  [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 300_000, 600_000].find((step) => step >= ms) ??
  3_600_000;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
