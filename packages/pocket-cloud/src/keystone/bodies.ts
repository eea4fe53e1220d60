import { type ApiRequest, listPage } from '../http/index.ts';

type Body = Readonly<Record<string, unknown>>;

export function links(request: ApiRequest, path: string): { readonly self: string } {
  return { self: `${request.baseUrl}${path}` };
}

/** Keystone's list shape; query keys named by `filters` compare exactly, others are ignored. */
export function listBody(request: ApiRequest, key: string, items: readonly Body[], filters: readonly string[]): Body {
  const page = listPage(request, items, {
    idOf: (item) => String(item.id),
    filters: Object.fromEntries(filters.map((name) => [name, (item: Body) => item[name] as string | boolean | null])),
  });
  return {
    [key]: page.items,
    links: { next: page.next ?? null, self: `${request.baseUrl}${request.path}`, previous: null },
  };
}
