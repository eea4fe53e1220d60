import { createDiscovery, type Discovery, groupVersionPath } from './discovery.ts';
import { isNotFound } from './errors.ts';
import type { Connection } from './kubeconfig.ts';
import { type ListPage, type ListQuery, type ListResult, listAll, listPages } from './list.ts';
import type { KubeObject, ObjectRef } from './object.ts';
import { refOf } from './object.ts';
import { createTransport, type Transport, type TransportOptions } from './transport.ts';
import { type WatchEvent, type WatchOptions, watchOnce } from './watch.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface ApplyOptions extends CallOptions {
  readonly fieldManager: string;
  /** Take fields over from other managers instead of failing with a conflict; default false. */
  readonly force?: boolean;
  readonly subresource?: string;
  /** Validate and answer the result without storing it. */
  readonly dryRun?: boolean;
}

export interface PatchOptions extends CallOptions {
  readonly type: 'merge' | 'json';
  readonly fieldManager?: string;
  readonly subresource?: string;
  readonly dryRun?: boolean;
}

export interface DeleteOptions extends CallOptions {
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface CreateOptions extends CallOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
}

/** Generic access to every kind of one API server. All calls reject with StatusError when the server refuses. */
export interface KubeClient {
  readonly transport: Transport;
  readonly discovery: Discovery;
  /** Server-side apply: creates the object or makes the fields that are given ours. */
  apply<T extends KubeObject = KubeObject>(object: KubeObject, options: ApplyOptions): Promise<T>;
  create<T extends KubeObject = KubeObject>(object: KubeObject, options?: CreateOptions): Promise<T>;
  /** Replaces a whole object; its resourceVersion must be the one last read. */
  update<T extends KubeObject = KubeObject>(
    object: KubeObject,
    options?: CreateOptions & { readonly subresource?: string },
  ): Promise<T>;
  get<T extends KubeObject = KubeObject>(ref: ObjectRef, options?: CallOptions): Promise<T>;
  /** Like `get`, undefined when the object (or its kind) is absent. */
  find<T extends KubeObject = KubeObject>(ref: ObjectRef, options?: CallOptions): Promise<T | undefined>;
  /** Every object of a kind, read page by page. */
  list<T extends KubeObject = KubeObject>(query: ListQuery, options?: CallOptions): Promise<ListResult<T>>;
  pages<T extends KubeObject = KubeObject>(query: ListQuery, options?: CallOptions): AsyncIterable<ListPage<T>>;
  patch<T extends KubeObject = KubeObject>(ref: ObjectRef, patch: unknown, options: PatchOptions): Promise<T>;
  /** Asks for deletion; false when the object was absent already. Finalizers may keep it for a while. */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<boolean>;
  /** One watch request: ends when the server ends it. Throws StatusError (reason Expired) when the version is too old. */
  watch<T extends KubeObject = KubeObject>(query: ListQuery, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Path of an object or, without name, of its collection. */
  path(
    target: { readonly apiVersion: string; readonly kind: string; readonly namespace?: string; readonly name?: string },
    signal?: AbortSignal,
  ): Promise<string>;
  /** Whether the server says it is ready (`/readyz`). False also when it cannot be reached. */
  ready(options?: CallOptions): Promise<boolean>;
  close(): Promise<void>;
}

export const applyContentType = 'application/apply-patch+yaml';

function call(options: CallOptions | undefined): { signal?: AbortSignal; timeoutMs?: number } {
  return {
    ...(options?.signal === undefined ? {} : { signal: options.signal }),
    ...(options?.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  };
}

const dryRun = (on: boolean | undefined): string | undefined => (on === true ? 'All' : undefined);

/** A client with its own connection pool; `close` ends it. */
export function createKubeClient(connection: Connection, options: TransportOptions = {}): KubeClient {
  return clientOf(createTransport(connection, options));
}

/** A client over a transport that the caller owns (tests, wrappers). */
export function clientOf(transport: Transport): KubeClient {
  const discovery = createDiscovery(transport);

  const path: KubeClient['path'] = async (target, signal) => {
    const resource = await discovery.resource(target.apiVersion, target.kind, signal);
    const scope =
      resource.namespaced && target.namespace !== undefined
        ? `/namespaces/${encodeURIComponent(target.namespace)}`
        : '';
    const name = target.name === undefined ? '' : `/${encodeURIComponent(target.name)}`;
    return `${groupVersionPath(target.apiVersion)}${scope}/${resource.plural}${name}`;
  };
  const pathOf = async (ref: ObjectRef, subresource: string | undefined, signal?: AbortSignal): Promise<string> =>
    `${await path(ref, signal)}${subresource === undefined ? '' : `/${subresource}`}`;

  const client: KubeClient = {
    transport,
    discovery,
    path,
    apply: async (object, apply) =>
      transport.json({
        method: 'PATCH',
        path: await pathOf(refOf(object), apply.subresource, apply.signal),
        query: { fieldManager: apply.fieldManager, force: apply.force, dryRun: dryRun(apply.dryRun) },
        body: object,
        contentType: applyContentType,
        ...call(apply),
      }),
    create: async (object, create) =>
      transport.json({
        method: 'POST',
        path: await path(
          {
            apiVersion: object.apiVersion,
            kind: object.kind,
            ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
          },
          create?.signal,
        ),
        query: { fieldManager: create?.fieldManager, dryRun: dryRun(create?.dryRun) },
        body: object,
        ...call(create),
      }),
    update: async (object, update) =>
      transport.json({
        method: 'PUT',
        path: await pathOf(refOf(object), update?.subresource, update?.signal),
        query: { fieldManager: update?.fieldManager, dryRun: dryRun(update?.dryRun) },
        body: object,
        ...call(update),
      }),
    get: async (ref, get) => transport.json({ method: 'GET', path: await path(ref, get?.signal), ...call(get) }),
    find: async (ref, find) => {
      try {
        return await client.get(ref, find);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    list: async (query, list) => listAll(transport, await path(query, list?.signal), query, call(list)),
    pages: (query, list) => listPages(transport, async () => path(query, list?.signal), query, call(list)),
    patch: async (ref, patch, options) =>
      transport.json({
        method: 'PATCH',
        path: await pathOf(ref, options.subresource, options.signal),
        query: { fieldManager: options.fieldManager, dryRun: dryRun(options.dryRun) },
        body: patch,
        contentType: options.type === 'json' ? 'application/json-patch+json' : 'application/merge-patch+json',
        ...call(options),
      }),
    delete: async (ref, options) => {
      try {
        await transport.json({
          method: 'DELETE',
          path: await path(ref, options?.signal),
          body: {
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            ...(options?.propagation === undefined ? {} : { propagationPolicy: options.propagation }),
            ...(options?.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
            ...(options?.preconditions === undefined ? {} : { preconditions: options.preconditions }),
          },
          ...call(options),
        });
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    },
    watch: (query, watch) => watchOnce(transport, async () => path(query, watch.signal), query, watch),
    ready: async (options) => {
      try {
        return (await transport.text({ method: 'GET', path: '/readyz', timeoutMs: 5_000, ...call(options) })) === 'ok';
      } catch {
        return false;
      }
    },
    close: async () => transport.close(),
  };
  return client;
}
