import type {
  BodyOf,
  OperationDefinition,
  OperationId,
  Operations,
  ParamsOf,
  Problem,
  QueryOf,
  ResultOf,
} from '@matryoshka/contract';
// Not the table itself: its schemas would double the time in which a command starts.
import { routes } from '@matryoshka/contract/routes';
import { ProblemError, ServiceUnreachableError } from './errors.ts';

export interface ClientOptions {
  /** Scheme, host and port of the service, for example `http://127.0.0.1:7443`. */
  readonly baseUrl: string;
  readonly token?: string;
  /** Time for one request, in milliseconds; default 30 000. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

interface CallOptions {
  readonly signal?: AbortSignal;
  /** Makes a repeated POST, PATCH or DELETE harmless for 24 hours. */
  readonly idempotencyKey?: string;
  /** ETag that the resource must still have. */
  readonly ifMatch?: string;
}

type Field<Name extends string, Value> = [Value] extends [undefined] ? unknown : { readonly [K in Name]: Value };

type BodyField<Id extends OperationId> = 'bodyOptional' extends keyof Operations[Id]
  ? { readonly body?: BodyOf<Operations[Id]> }
  : Field<'body', BodyOf<Operations[Id]>>;

export type InputOf<Id extends OperationId> = Field<'params', ParamsOf<Operations[Id]>> &
  BodyField<Id> & { readonly query?: QueryOf<Operations[Id]> } & CallOptions;

export interface Answer<T> {
  readonly data: T;
  readonly etag: string | undefined;
  readonly requestId: string | undefined;
}

/** Operations that answer with a page of items. */
type ListId = {
  [Id in OperationId]: ResultOf<Operations[Id]> extends { readonly items: readonly unknown[] } ? Id : never;
}[OperationId];
type ItemOf<Id extends ListId> =
  ResultOf<Operations[Id]> extends { readonly items: readonly (infer Item)[] } ? Item : never;

export interface Client {
  /** The data of the answer. Throws {@link ProblemError} or {@link ServiceUnreachableError}. */
  call<Id extends OperationId>(id: Id, input: InputOf<Id>): Promise<ResultOf<Operations[Id]>>;
  /** All items of a list, page after page. */
  list<Id extends ListId>(id: Id, input: InputOf<Id>): Promise<readonly ItemOf<Id>[]>;
  /** Like `call`, with the ETag and the request id. */
  request<Id extends OperationId>(id: Id, input: InputOf<Id>): Promise<Answer<ResultOf<Operations[Id]>>>;
}

/** How an operation is called. */
type Route = Pick<OperationDefinition, 'method' | 'path'>;

interface LooseInput extends CallOptions {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** A client of the public API, typed by the operation table. Runs in Node.js and in browsers. */
export function createClient(options: ClientOptions): Client {
  const send = async (id: OperationId, input: LooseInput): Promise<Answer<unknown>> => {
    const operation: Route = routes[id];
    const url = operationUrl(options.baseUrl, operation, input);
    const response = await open(options, operation, url, input, options.timeoutMs ?? 30_000);
    const requestId = response.headers.get('x-request-id') ?? undefined;
    if (response.status === 204) return { data: undefined, etag: undefined, requestId };
    return { data: await json(url, response), etag: response.headers.get('etag') ?? undefined, requestId };
  };
  const list = async (id: OperationId, input: LooseInput): Promise<readonly unknown[]> => {
    const items: unknown[] = [];
    for (let cursor: string | undefined; ; ) {
      const query = cursor === undefined ? {} : { cursor };
      const page = (await send(id, { ...input, query: { ...input.query, ...query } })).data as {
        readonly items: readonly unknown[];
        readonly nextCursor?: string;
      };
      items.push(...page.items);
      cursor = page.nextCursor;
      if (cursor === undefined) return items;
    }
  };
  // The table types what goes in and out; inside, one loose function serves every operation.
  return {
    list: async (id, input) => (await list(id, input as LooseInput)) as never,
    call: async (id, input) => (await send(id, input as LooseInput)).data as never,
    request: async (id, input) => (await send(id, input as LooseInput)) as never,
  };
}

/** The address of an operation: path parameters filled in and escaped, query parameters that are undefined left out. */
export function operationUrl(
  baseUrl: string,
  operation: Pick<OperationDefinition, 'path'>,
  input: Pick<LooseInput, 'params' | 'query'>,
): string {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(input.params?.[name] ?? '')),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {}))
    if (value !== undefined) query.set(name, String(value));
  const search = query.size === 0 ? '' : `?${query.toString()}`;
  return `${baseUrl.replace(/\/+$/, '')}${path}${search}`;
}

/** Sends a request and answers with a successful response. @internal */
export async function open(
  options: ClientOptions,
  operation: Route,
  url: string,
  input: LooseInput & { readonly headers?: Readonly<Record<string, string>> },
  timeoutMs: number | undefined,
): Promise<Response> {
  const signals = [
    ...(input.signal === undefined ? [] : [input.signal]),
    ...(timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)]),
  ];
  const headers: Record<string, string> = { accept: 'application/json', ...input.headers };
  if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
  if (input.body !== undefined) headers['content-type'] = 'application/json';
  if (input.idempotencyKey !== undefined) headers['idempotency-key'] = input.idempotencyKey;
  if (input.ifMatch !== undefined) headers['if-match'] = input.ifMatch;
  let response: Response;
  try {
    response = await (options.fetch ?? fetch)(url, {
      method: operation.method,
      headers,
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      ...(signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }),
    });
  } catch (error) {
    if (input.signal?.aborted) throw error;
    throw new ServiceUnreachableError(options.baseUrl, reasonOf(error), error);
  }
  if (!response.ok) throw await problemOf(options.baseUrl, response);
  return response;
}

async function json(url: string, response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ServiceUnreachableError(url, `the answer (${response.status}) is not JSON`, error);
  }
}

async function problemOf(baseUrl: string, response: Response): Promise<Error> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as Partial<Problem>;
    if (typeof body.code === 'string' && typeof body.detail === 'string') return new ProblemError(body as Problem);
  } catch {
    // Not a problem document: said below.
  }
  return new ServiceUnreachableError(
    baseUrl,
    `answered ${response.status} without a problem document; is this the address of the service?`,
  );
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  const cause = error.cause;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}
