import { badRequest } from './errors.ts';
import type { ApiRequest } from './request.ts';

export interface ListOptions<T> {
  readonly idOf: (item: T) => string;
  /** Query key → the item's value for exact comparison; a query key may repeat (any of them matches). Unknown query keys are ignored. */
  readonly filters?: Readonly<
    Record<string, (item: T) => string | number | boolean | null | undefined | readonly string[]>
  >;
  /** Sort key → value. Without `sort_key` the given order stays. */
  readonly sortKeys?: Readonly<Record<string, (item: T) => string | number>>;
  readonly maxLimit?: number;
  /** What a marker that is not in the list is answered with; default 400. */
  readonly badMarker?: (marker: string) => Error;
  /** What an unknown sort key is answered with; default: it is ignored. */
  readonly badSortKey?: (key: string) => Error;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Path and query of the next page with the base URL; undefined on the last. */
  readonly next: string | undefined;
}

/** Filters, sorts and cuts one page out of a list as OpenStack services do: `limit`, `marker`, `sort_key`, `sort_dir`, exact filters. */
export function listPage<T>(
  request: Pick<ApiRequest, 'query' | 'path' | 'baseUrl'>,
  all: readonly T[],
  options: ListOptions<T>,
): Page<T> {
  const { query } = request;
  const matching = sorted(
    query,
    all.filter((item) => matches(query, item, options)),
    options,
  );
  const marker = query.get('marker');
  let start = 0;
  if (marker !== null && marker !== '') {
    start = matching.findIndex((item) => options.idOf(item) === marker) + 1;
    if (start === 0) throw options.badMarker?.(marker) ?? badRequest(`marker [${marker}] not found`);
  }
  const limit = limitOf(query, options.maxLimit ?? 1000);
  const items = matching.slice(start, start + limit);
  const last = items.at(-1);
  if (last === undefined || start + limit >= matching.length) return { items, next: undefined };
  const nextQuery = new URLSearchParams(query);
  nextQuery.set('marker', options.idOf(last));
  return { items, next: `${request.baseUrl}${request.path}?${nextQuery.toString()}` };
}

function limitOf(query: URLSearchParams, maxLimit: number): number {
  const text = query.get('limit');
  if (text === null || text === '') return maxLimit;
  if (!/^\d+$/.test(text)) throw badRequest(`Invalid limit "${text}": it must be an integer of at least 0`);
  const limit = Number(text);
  return limit === 0 ? maxLimit : Math.min(limit, maxLimit);
}

function matches<T>(query: URLSearchParams, item: T, options: ListOptions<T>): boolean {
  for (const [key, read] of Object.entries(options.filters ?? {})) {
    const wanted = query.getAll(key);
    if (wanted.length === 0) continue;
    const value = read(item);
    const actual = Array.isArray(value)
      ? (value as readonly string[])
      : [asText(value as string | number | boolean | null | undefined)];
    if (!wanted.some((text) => actual.includes(typeof value === 'boolean' ? text.toLowerCase() : text))) return false;
  }
  return true;
}

function asText(value: string | number | boolean | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

function sorted<T>(query: URLSearchParams, items: readonly T[], options: ListOptions<T>): readonly T[] {
  const keys = query.getAll('sort_key').concat((query.get('sort') ?? '').split(',').filter((part) => part !== ''));
  const directions = query.getAll('sort_dir');
  const orders = keys.map((key, index) => {
    const [name = '', direction] = key.split(':');
    const read = options.sortKeys?.[name];
    if (read === undefined && options.badSortKey !== undefined) throw options.badSortKey(name);
    return { read, sign: (direction ?? directions[index] ?? 'asc') === 'desc' ? -1 : 1 };
  });
  if (orders.every((order) => order.read === undefined)) return items;
  return items.toSorted((a, b) => {
    for (const { read, sign } of orders) {
      if (read === undefined) continue;
      const [x, y] = [read(a), read(b)];
      if (x !== y) return (x < y ? -1 : 1) * sign;
    }
    return 0;
  });
}

/** Keeps only the fields named by `fields=…` (Neutron, Octavia); everything when none is named. */
export function selectFields(
  query: URLSearchParams,
  object: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const fields = query.getAll('fields').flatMap((text) => text.split(','));
  if (fields.length === 0) return object;
  return Object.fromEntries(fields.filter((field) => field in object).map((field) => [field, object[field]]));
}
