import type { OpenStackService } from './errors.ts';
import { orUndefined } from './errors.ts';
import type { Query } from './http.ts';
import type { CallOptions, Session } from './session.ts';

export interface ResourceSpec {
  readonly service: OpenStackService;
  /** Path of the collection, for example `/servers`. */
  readonly path: string;
  /** Path of the listing where it differs (`/servers/detail`). */
  readonly listPath?: string;
  /** Envelope names; null when the body has none (Glance). */
  readonly singular: string | null;
  readonly plural: string;
  readonly updateMethod?: 'PUT' | 'PATCH';
  readonly headers?: Readonly<Record<string, string>>;
}

/** The verbs nearly every OpenStack collection has. Bodies carry the service's own field names. */
export interface Resource<T, Create, Update> {
  /** All items, every page. */
  list(query?: Query, signal?: AbortSignal): Promise<readonly T[]>;
  /** The item; undefined when there is none (404). */
  find(id: string, signal?: AbortSignal): Promise<T | undefined>;
  /** The item; throws OpenStackError 404 when there is none. */
  get(id: string, signal?: AbortSignal): Promise<T>;
  create(body: Create, signal?: AbortSignal): Promise<T>;
  update(id: string, body: Update, signal?: AbortSignal): Promise<T>;
  /** Deletes; an item that is gone already is fine. */
  delete(id: string, signal?: AbortSignal): Promise<void>;
}

interface Link {
  readonly rel: string;
  readonly href: string;
}

export function resource<T, Create = Partial<T>, Update = Partial<T>>(
  session: Session,
  spec: ResourceSpec,
): Resource<T, Create, Update> {
  const options = (more: CallOptions): CallOptions => ({
    ...more,
    ...(spec.headers === undefined ? {} : { headers: spec.headers }),
  });
  const open = (text: string): T => {
    const body = JSON.parse(text) as Record<string, unknown>;
    return (spec.singular === null ? body : body[spec.singular]) as T;
  };
  const wrap = (body: unknown): unknown => (spec.singular === null ? body : { [spec.singular]: body });
  const itemPath = (id: string): string => `${spec.path}/${encodeURIComponent(id)}`;

  const get = async (id: string, signal?: AbortSignal): Promise<T> =>
    open((await session.call(spec.service, 'GET', itemPath(id), options({ signal }))).text);

  return {
    list: async (query, signal) => {
      const items: T[] = [];
      let path: string | undefined = spec.listPath ?? spec.path;
      let first = true;
      const seen = new Set<string>();
      while (path !== undefined && !seen.has(path)) {
        seen.add(path);
        const response = await session.call(
          spec.service,
          'GET',
          path,
          options({ ...(first && query !== undefined ? { query } : {}), signal }),
        );
        const body = JSON.parse(response.text) as Record<string, unknown>;
        items.push(...((body[spec.plural] ?? []) as T[]));
        path = nextPage(body, spec.plural);
        if (path?.startsWith('/')) path = new URL(path, await session.endpoint(spec.service, signal)).href;
        first = false;
      }
      return items;
    },
    find: async (id, signal) => await orUndefined(get(id, signal)),
    get,
    create: async (body, signal) =>
      open((await session.call(spec.service, 'POST', spec.path, options({ json: wrap(body), signal }))).text),
    update: async (id, body, signal) =>
      open(
        (
          await session.call(
            spec.service,
            spec.updateMethod ?? 'PUT',
            itemPath(id),
            options({ json: wrap(body), signal }),
          )
        ).text,
      ),
    delete: async (id, signal) => {
      await orUndefined(session.call(spec.service, 'DELETE', itemPath(id), options({ signal })));
    },
  };
}

/** Where the next page is: Nova, Neutron and Octavia `<plural>_links`, Keystone `links.next`, Glance `next`. */
export function nextPage(body: Readonly<Record<string, unknown>>, plural: string): string | undefined {
  const list = body[`${plural}_links`];
  if (Array.isArray(list)) {
    const next = (list as readonly Link[]).find((link) => link.rel === 'next');
    if (next !== undefined) return next.href;
  }
  const links = body.links;
  if (typeof links === 'object' && links !== null && 'next' in links && typeof links.next === 'string')
    return links.next;
  return typeof body.next === 'string' ? body.next : undefined;
}
