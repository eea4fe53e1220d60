/** A column of a table: its head and the text of one row. `wide` columns show with `-o wide` only. */
export interface Column<T> {
  readonly head: string;
  readonly cell: (row: T) => string;
  readonly wide?: true;
}

/** Left-aligned columns, three spaces between, no trailing blanks. An empty cell shows `-`, so that columns can be counted by scripts. */
export function formatTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  options: { readonly wide?: boolean; readonly heads?: boolean } = {},
): string {
  const shown = columns.filter((column) => options.wide || !column.wide);
  const body = rows.map((row) => shown.map((column) => column.cell(row).replace(/\s+/g, ' ').trim() || '-'));
  const lines = options.heads === false ? body : [shown.map((column) => column.head), ...body];
  const widths = shown.map((_, index) => Math.max(0, ...lines.map((line) => line[index]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** `45s`, `12m`, `5h`, `3d`: the age of something, as kubectl shows it. */
export function formatAge(since: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(since)) / 1000));
  if (Number.isNaN(seconds)) return '';
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
