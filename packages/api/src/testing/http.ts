import { operationUrl } from '@matryoshka/client';
import {
  type OperationDefinition,
  type OperationId,
  operations,
  Problem,
  problemsOf,
  sparseSchema,
} from '@matryoshka/contract';
import { Compile } from 'typebox/compile';

export interface Call {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly body: any;
}

/** Sends a request of an operation as any HTTP client would. */
export async function open(baseUrl: string, id: OperationId, call: Call = {}): Promise<Response> {
  const definition: OperationDefinition = operations[id];
  return await fetch(operationUrl(baseUrl, definition, call), {
    method: definition.method,
    headers: {
      ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
    },
    ...(call.body === undefined ? {} : { body: typeof call.body === 'string' ? call.body : JSON.stringify(call.body) }),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
}

/** Like `open`, with the whole answer; it must be what the contract says, or this throws. */
export async function send(baseUrl: string, id: OperationId, call: Call = {}): Promise<Answer> {
  const answer = await answerOf(await open(baseUrl, id, call));
  const fault = contractFault(id, answer, call.query?.fields === undefined ? schemas : sparseSchemas);
  if (fault !== undefined) throw new Error(`${id} answered against the contract: ${fault}\n${answer.text}`);
  return answer;
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === '' ? undefined : JSON.parse(text) };
}

const isProblem = Compile(Problem);
const schemas = new Map(
  (Object.entries(operations) as readonly [OperationId, OperationDefinition][]).flatMap(([id, { success }]) =>
    success.schema === undefined ? [] : [[id, Compile(success.schema)] as const],
  ),
);

const sparseSchemas = new Map(
  (Object.entries(operations) as readonly [OperationId, OperationDefinition][]).flatMap(([id, definition]) =>
    definition.sparse ? [[id, Compile(sparseSchema(definition))] as const] : [],
  ),
);

/** What in an answer is not as the operation table promises; undefined when all is. */
export function contractFault(
  id: OperationId,
  { status, headers, body }: Answer,
  checks: ReadonlyMap<OperationId, { Check(body: unknown): boolean; Errors(body: unknown): unknown }> = schemas,
): string | undefined {
  const definition: OperationDefinition = operations[id];
  const type = headers.get('content-type');
  if (!headers.has('x-request-id')) return 'no x-request-id';
  if (headers.get('cache-control') !== 'no-store') return 'may be cached';
  if (status === definition.success.status) {
    const schema = checks.get(id);
    if (schema === undefined) return body === undefined ? undefined : 'a body where there is none';
    if (type !== 'application/json') return `content type ${type}`;
    if (definition.etag && !/^"\d+"$/.test(headers.get('etag') ?? '')) return 'no ETag';
    if (definition.async && headers.get('location') !== `/v1/operations/${body.id}`) return 'no Location';
    return schema.Check(body) ? undefined : JSON.stringify(schema.Errors(body));
  }
  if (type !== 'application/problem+json') return `content type ${type}`;
  if (!isProblem.Check(body)) return JSON.stringify(isProblem.Errors(body));
  if (body.status !== status) return 'another status in the body';
  if (body.requestId !== headers.get('x-request-id')) return 'another request id in the body';
  if (status === 401 && headers.get('www-authenticate')?.startsWith('Bearer') !== true) return 'no challenge';
  if (status === 503 && !headers.has('retry-after')) return 'no Retry-After';
  return problemsOf(definition).includes(body.code)
    ? undefined
    : `a problem that the table does not name: ${body.code}`;
}
