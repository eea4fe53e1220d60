import { stringify } from 'yaml';
import { type Column, formatTable } from './table.ts';

export const outputFormats = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface View<T> {
  readonly columns: readonly Column<T>[];
  /** What `-o name` prints, one line per item. */
  readonly name: (item: T) => string;
}

export interface OutputOptions {
  readonly output: OutputFormat;
  /** False with `--no-headers`. */
  readonly headers: boolean;
}

/** For a program, not for a person. */
export const isData = ({ output }: OutputOptions): boolean => output === 'json' || output === 'yaml';

/** Prints a list; `json` and `yaml` give `{items: […]}`, exactly the objects of the API. */
export function formatList<T>(items: readonly T[], view: View<T>, options: OutputOptions): string {
  if (options.output === 'json') return `${JSON.stringify({ items }, null, 2)}\n`;
  if (options.output === 'yaml') return stringify({ items });
  if (options.output === 'name') return items.map((item) => `${view.name(item)}\n`).join('');
  return formatTable(items, view.columns, { wide: options.output === 'wide', heads: options.headers });
}

/** Prints one object; `json` and `yaml` give the object of the API. */
export function formatItem<T>(item: T, view: View<T>, options: OutputOptions): string {
  if (options.output === 'json') return `${JSON.stringify(item, null, 2)}\n`;
  if (options.output === 'yaml') return stringify(item);
  return formatList([item], view, options);
}

/** Prints what has no table of its own, for a program. */
export function formatData(value: unknown, options: OutputOptions): string {
  return formatItem(value, { columns: [], name: () => '' }, options);
}
