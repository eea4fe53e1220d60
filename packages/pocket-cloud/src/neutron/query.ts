import { type ApiReply, type ApiRequest, badRequest, listPage, ok, selectFields } from '../http/index.ts';

export type View = Readonly<Record<string, unknown>>;

const paging = new Set(['limit', 'marker', 'page_reverse', 'sort_key', 'sort_dir', 'fields']);
const aliases: Readonly<Record<string, string>> = { tenant_id: 'project_id' };

/**
 * A list as Neutron answers it: every wire attribute is a filter (a repeated key = any of the values), `tags`, `tags-any`, `not-tags`, `not-tags-any`,
 * `fields`, sorting, paging with `<plural>_links`. `special` adds filters that are no plain attributes (`fixed_ips`, `security_groups`).
 */
export function listReply(
  request: ApiRequest,
  plural: string,
  views: readonly View[],
  special: Readonly<Record<string, (view: View, wanted: readonly string[]) => boolean>> = {},
): ApiReply {
  const keys = [...new Set(request.query.keys())].filter((key) => !paging.has(key));
  const matching = views.filter((view) =>
    keys.every((key) => matches(view, aliases[key] ?? key, request.query.getAll(key), special)),
  );
  const sortKeys = new Set(views.flatMap((view) => Object.keys(view)));
  const page = listPage(request, matching, {
    idOf: (view) => String(view.id),
    sortKeys: Object.fromEntries([...sortKeys].map((key) => [key, (view: View) => sortValue(view[key])])),
  });
  return ok({
    [plural]: page.items.map((view) => selectFields(request.query, view)),
    ...(page.next === undefined ? {} : { [`${plural}_links`]: [{ rel: 'next', href: page.next }] }),
  });
}

function sortValue(value: unknown): string | number {
  return typeof value === 'number' ? value : String(value ?? '');
}

function matches(
  view: View,
  key: string,
  wanted: readonly string[],
  special: Readonly<Record<string, (view: View, wanted: readonly string[]) => boolean>>,
): boolean {
  const own = special[key];
  if (own !== undefined) return own(view, wanted);
  if (/^(not-)?tags(-any)?$/.test(key)) return tagsMatch(view, key, wanted);
  if (!(key in view)) return true;
  const value = view[key];
  if (typeof value === 'boolean')
    return wanted.some((text) => (['true', '1'].includes(text.toLowerCase()) ? value : !value));
  if (value === null) return wanted.some((text) => text === '' || text === 'None' || text === 'null');
  return wanted.includes(String(value));
}

function tagsMatch(view: View, key: string, wanted: readonly string[]): boolean {
  const own = new Set(Array.isArray(view.tags) ? (view.tags as readonly string[]) : []);
  const tags = wanted.flatMap((text) => text.split(','));
  const found = key.endsWith('-any') ? tags.some((tag) => own.has(tag)) : tags.every((tag) => own.has(tag));
  return key.startsWith('not-') ? !found : found;
}

/** One object under its name, with `fields` applied. */
export function showReply(request: ApiRequest, singular: string, view: View): ApiReply {
  return ok({ [singular]: selectFields(request.query, view) });
}

/** Fields of a create or update request: `{"<singular>": {…}}`, or the list of a bulk create `{"<plural>": [{…}]}`. */
export function bodies(body: unknown, singular: string, plural: string): { items: readonly View[]; bulk: boolean } {
  const object = typeof body === 'object' && body !== null ? (body as View) : {};
  const one = object[singular];
  const many = object[plural];
  if (Array.isArray(many) && many.every((item) => typeof item === 'object' && item !== null))
    return { items: many as View[], bulk: true };
  if (typeof one === 'object' && one !== null && !Array.isArray(one)) return { items: [one as View], bulk: false };
  throw badRequest(`Unable to find '${singular}' in request body`);
}
