import { isExpired } from './errors.ts';
import type { KubeObject } from './object.ts';
import type { Transport } from './transport.ts';

export interface ListQuery {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent = all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects per page; default 500, as in client-go's pager. */
  readonly limit?: number;
}

export interface ListResult<T> {
  readonly items: readonly T[];
  /** Where a watch continues. */
  readonly resourceVersion: string;
}

export interface ListPage<T> extends ListResult<T> {
  /** True when the pages before are void: the list began anew because its snapshot had expired. */
  readonly restarted: boolean;
}

interface WireList<T> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly T[] | null;
}

interface Call {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** Pages of a list. When a continue token has expired (410), one full list without a limit follows, marked `restarted`. */
export async function* listPages<T extends KubeObject>(
  transport: Transport,
  path: () => Promise<string>,
  query: ListQuery,
  call: Call,
): AsyncIterable<ListPage<T>> {
  const target = await path();
  let token: string | undefined;
  let restarted = false;
  for (;;) {
    let page: WireList<T>;
    try {
      page = await transport.json<WireList<T>>({
        method: 'GET',
        path: target,
        query: {
          labelSelector: query.labelSelector,
          fieldSelector: query.fieldSelector,
          limit: restarted ? undefined : (query.limit ?? 500),
          continue: token,
        },
        ...call,
      });
    } catch (error) {
      if (token === undefined || !isExpired(error)) throw error;
      token = undefined;
      restarted = true;
      continue;
    }
    // Items of a list carry neither kind nor apiVersion.
    const items = (page.items ?? []).map((item) => ({ ...item, apiVersion: query.apiVersion, kind: query.kind }));
    yield { items, resourceVersion: page.metadata.resourceVersion ?? '', restarted };
    token = page.metadata.continue;
    if (token === undefined || token === '') return;
  }
}

/** Every object of a list in memory. */
export async function listAll<T extends KubeObject>(
  transport: Transport,
  path: string,
  query: ListQuery,
  call: Call,
): Promise<ListResult<T>> {
  let items: T[] = [];
  let resourceVersion = '';
  for await (const page of listPages<T>(transport, async () => path, query, call)) {
    if (page.restarted) items = [];
    items.push(...page.items);
    resourceVersion = page.resourceVersion;
  }
  return { items, resourceVersion };
}
