import { Readable } from 'node:stream';
import { authorize, type Caller, operationView } from '@matryoshka/application';
import { type OperationDefinition, type OperationId, operations } from '@matryoshka/contract';
import { insertAuditRecord, type Queryable, type StoredAnswer } from '@matryoshka/postgres';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { authenticate } from '../auth/sessions.ts';
import type { ApiContext } from '../context.ts';
import { writeTransaction } from '../store.ts';
import { sendJson } from './answer.ts';
import { addressOf, pathOf } from './call-log.ts';
import { deprecationHeaders } from './deprecation.ts';
import { type IdempotentRequest, runChange } from './idempotent.ts';
import type {
  ChangeHandlers,
  Connection,
  Incoming,
  Outcome,
  PlainHandlers,
  StreamHandlers,
  WriteHandlers,
  WriteUnit,
} from './incoming.ts';
import { nulViolations } from './nul.ts';
import { idempotencyKeyOf, ifMatchOf, paramsReader, queryReader } from './query.ts';
import { authorizationOf } from './session-cookie.ts';
import { shapeCheck } from './shape.ts';
import { fieldsReader, pick } from './sparse.ts';

export interface Handlers {
  readonly plain: PlainHandlers;
  readonly changes: ChangeHandlers;
  readonly writes: WriteHandlers;
  readonly streams: StreamHandlers;
}

/** Who sent a request, once that is known. */
export type Callers = WeakMap<FastifyRequest, Caller>;

// The table types every handler; inside, one loose function serves all operations of a kind.
type LooseIncoming = Incoming<'cluster.create'>;

/** Makes the route of one operation of the table. */
export function registerOperation(
  app: FastifyInstance,
  id: OperationId,
  parts: { readonly handlers: Handlers; readonly context: ApiContext; readonly callers: Callers },
): void {
  const { context, callers } = parts;
  const definition: OperationDefinition = operations[id];
  const deprecation = deprecationHeaders(definition);
  app.route({
    method: definition.method,
    url: routePath(definition),
    config: { operation: id, streams: definition.stream === true },
    // Before the body is read: who may not call is not listened to.
    onRequest: async (request, reply) => {
      reply.headers(deprecation);
      if (definition.access === 'public') return;
      const caller = await authenticate(context.pool, authorizationOf(request), {
        requestId: request.id,
        remoteAddress: addressOf(request),
        now: context.now(),
      });
      callers.set(request, caller);
      reply.headers(context.requestLimit.take(caller, context.now()));
      authorize(definition, caller);
    },
    handler: handlerOf(id, definition, parts),
  });
}

/** `/v1/clusters/{clusterId}` as the router writes it. */
export function routePath(definition: Pick<OperationDefinition, 'path'>): string {
  return definition.path.replace(/\{(\w+)\}/g, ':$1');
}

function handlerOf(
  id: OperationId,
  definition: OperationDefinition,
  {
    handlers,
    context,
    callers,
  }: { readonly handlers: Handlers; readonly context: ApiContext; readonly callers: Callers },
): RouteHandlerMethod {
  const incomingOf = incomingReader(definition, callers);
  if (definition.stream) {
    const stream = handlers.streams[id as keyof StreamHandlers] as unknown as (
      context: ApiContext,
      incoming: LooseIncoming,
      connection: Connection,
    ) => Promise<AsyncGenerator<string>>;
    return async (request, reply) =>
      sendStream(reply, await stream(context, incomingOf(request), connectionOf(reply, context.stopping)));
  }
  if (definition.async) {
    const change = handlers.changes[id as keyof ChangeHandlers] as unknown as ChangeHandlers['cluster.create'];
    return async (request, reply) => {
      const incoming = incomingOf(request);
      const what = idempotentRequest(request, definition, incoming);
      const answer = await runChange(context.pool, incoming.caller, what, async (tx) => {
        const operation = operationView(await change(context, writeTransaction(tx), incoming));
        const headers = { location: `/v1/operations/${operation.id}` };
        return { status: definition.success.status, headers, body: JSON.stringify(operation) };
      });
      return sendJson(reply.headers(answer.headers), answer.status, answer.body);
    };
  }
  if (definition.write) {
    const write = handlers.writes[id as keyof WriteHandlers] as unknown as (
      context: ApiContext,
      unit: WriteUnit,
      incoming: LooseIncoming,
    ) => Promise<Outcome<unknown>>;
    const secretBox = definition.secret ? context.secretBox : undefined;
    return async (request, reply) => {
      const incoming = incomingOf(request);
      const { caller } = incoming;
      const what = idempotentRequest(request, definition, incoming);
      const run = async (tx: Queryable): Promise<StoredAnswer> => {
        const { unit, records } = writeUnit(tx, id, caller);
        const outcome = await write(context, unit, incoming);
        if (records() === 0) throw new Error(`${id} changed something without an audit record`);
        const headers: Record<string, string> = outcome.etag === undefined ? {} : { etag: `"${outcome.etag}"` };
        return { status: definition.success.status, headers, body: JSON.stringify(outcome.data) ?? '' };
      };
      const answer = await runChange(context.pool, caller, what, run, secretBox);
      reply.headers(answer.headers);
      return answer.body === '' ? reply.code(answer.status).send() : sendJson(reply, answer.status, answer.body);
    };
  }
  const plain = handlers.plain[id as keyof PlainHandlers] as unknown as (
    context: ApiContext,
    incoming: LooseIncoming,
  ) => Promise<Outcome<unknown>>;
  return async (request, reply) => {
    const incoming = incomingOf(request);
    const { data, ...outcome } = await plain(context, incoming);
    return sendOutcome(request, reply, definition, { ...outcome, data: pick(data, incoming.fields) });
  };
}

function idempotentRequest(
  request: FastifyRequest,
  { method, idempotent }: OperationDefinition,
  { body, ifMatch }: LooseIncoming,
): IdempotentRequest {
  const key = idempotent ? idempotencyKeyOf(request.headers['idempotency-key']) : undefined;
  return { key, method, path: pathOf(request), body, ifMatch };
}

function writeUnit(
  tx: Queryable,
  action: OperationId,
  { projectId, userId, userName, requestId, remoteAddress }: Caller,
): { readonly unit: WriteUnit; readonly records: () => number } {
  let count = 0;
  const who = { projectId, userId, userName, requestId, remoteAddress, action };
  const unit: WriteUnit = {
    tx,
    audit: async (record) => {
      count += 1;
      await insertAuditRecord(tx, { ...who, ...record });
    },
  };
  return { unit, records: () => count };
}

function incomingReader(definition: OperationDefinition, callers: Callers): (request: FastifyRequest) => LooseIncoming {
  const readParams = paramsReader(definition);
  const readQuery = queryReader(definition);
  const fieldsOf = fieldsReader(definition);
  const checkBody = definition.body === undefined ? undefined : shapeCheck(definition.body);
  return (request) => {
    const { 'last-event-id': lastEventId } = request.headers;
    const { fields, rest } = fieldsOf(request.query);
    const body = request.body ?? (definition.bodyOptional ? {} : undefined);
    return {
      // Set by `onRequest` for all but public operations, whose handlers do not know of it.
      caller: callers.get(request) as Caller,
      params: readParams(request.params) as never,
      query: readQuery(rest) as never,
      fields,
      body: body as LooseIncoming['body'],
      shape: checkBody === undefined ? [] : [...checkBody(body), ...nulViolations(body)],
      ifMatch: definition.ifMatch ? ifMatchOf(request.headers['if-match']) : undefined,
      requestId: request.id,
      remoteAddress: addressOf(request),
      authorization: definition.access === 'public' ? undefined : authorizationOf(request),
      lastEventId: Array.isArray(lastEventId) ? lastEventId.join(',') : lastEventId,
    };
  };
}

function sendOutcome(
  request: FastifyRequest,
  reply: FastifyReply,
  { success }: OperationDefinition,
  outcome: Outcome<unknown>,
): FastifyReply {
  if (outcome.etag !== undefined) reply.header('etag', `"${outcome.etag}"`);
  if (outcome.cookie !== undefined) reply.header('set-cookie', outcome.cookie);
  if (success.status === 204) return reply.code(204).send();
  const next = nextOf(request, outcome.data);
  if (next !== undefined) addLink(reply, `<${next}>; rel="next"`);
  return sendJson(reply, success.status, JSON.stringify(outcome.data));
}

/** Beside those there are (RFC 8288 §3). */
function addLink(reply: FastifyReply, link: string): void {
  const others = reply.getHeader('link');
  reply.header('link', others === undefined ? link : `${String(others)}, ${link}`);
}

/** The address of the next page (RFC 8288), relative to the one asked for. */
function nextOf(request: FastifyRequest, data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('nextCursor' in data)) return undefined;
  const query = new URLSearchParams(request.query as Record<string, string>);
  query.set('cursor', String(data.nextCursor));
  return `${pathOf(request)}?${query}`;
}

function connectionOf(reply: FastifyReply, stopping: AbortSignal): Connection {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return { signal: AbortSignal.any([gone.signal, stopping]), cut: () => reply.raw.destroy() };
}

function sendStream(reply: FastifyReply, chunks: AsyncGenerator<string>): FastifyReply {
  return (
    reply
      .code(200)
      .header('content-type', 'text/event-stream')
      // nginx would gather the events of a quiet stream for minutes.
      .header('x-accel-buffering', 'no')
      .send(Readable.from(chunks))
  );
}
