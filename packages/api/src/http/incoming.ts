import type { Caller, IfMatch, WriteTransaction } from '@matryoshka/application';
import type { BodyOf, OperationId, Operations, ParamsOf, QueryOf, ResultOf } from '@matryoshka/contract';
import type { Operation, Violation } from '@matryoshka/domain';
import type { Queryable } from '@matryoshka/postgres';
import type { ApiContext } from '../context.ts';

/** One request of an operation, typed by the table. */
export interface Incoming<Id extends OperationId> {
  /** Absent where the table says `public`. */
  readonly caller: Operations[Id]['access'] extends 'public' ? undefined : Caller;
  readonly params: ParamsOf<Operations[Id]>;
  readonly query: QueryOf<Operations[Id]>;
  /** The members that were asked for; undefined: all. */
  readonly fields: readonly string[] | undefined;
  /** Only to be trusted after `shape` was looked at. */
  readonly body: BodyOf<Operations[Id]>;
  /** What is wrong with the shape of the body. The use cases refuse it together with the rules, so that a caller learns all at once. */
  readonly shape: readonly Violation[];
  readonly ifMatch: IfMatch;
  readonly requestId: string;
  readonly remoteAddress: string;
  readonly authorization: string | undefined;
  readonly lastEventId: string | undefined;
}

/** The connection behind a stream. */
export interface Connection {
  /** Aborts when the client has gone or the process ends. */
  readonly signal: AbortSignal;
  /** Breaks it off. */
  readonly cut: () => void;
}

/** The answer to a request that was done. */
export interface Outcome<T> {
  readonly data: T;
  /** Generation for the `ETag`. */
  readonly etag?: number;
  /** Header `Set-Cookie`. */
  readonly cookie?: string;
}

/** What a write works with: everything it does becomes true together, or nothing of it. */
export interface WriteUnit {
  /** Sees and changes the caller's project only. */
  readonly tx: Queryable;
  /** Who did what, from where, is added; at least one record belongs to every write. */
  readonly audit: (record: {
    readonly resource: string;
    readonly before?: unknown;
    readonly after?: unknown;
  }) => Promise<void>;
}

/** Operations that answer 202 with an Operation. */
export type ChangeId = {
  [Id in OperationId]: Operations[Id] extends { readonly async: true } ? Id : never;
}[OperationId];
/** Operations that answer with a stream of events. */
export type StreamId = {
  [Id in OperationId]: Operations[Id] extends { readonly stream: true } ? Id : never;
}[OperationId];
/** Operations that change something and answer at once. */
export type WriteId = {
  [Id in OperationId]: Operations[Id] extends { readonly write: true } ? Id : never;
}[OperationId];
export type PlainId = Exclude<OperationId, ChangeId | StreamId | WriteId>;

/** Handlers that answer at once; one for each operation of the table, or the types do not fit. */
export type PlainHandlers = {
  readonly [Id in PlainId]: (context: ApiContext, incoming: Incoming<Id>) => Promise<Outcome<ResultOf<Operations[Id]>>>;
};
/** Handlers that change what is desired, inside of the transaction that also keeps the answer. */
export type ChangeHandlers = {
  readonly [Id in ChangeId]: (context: ApiContext, tx: WriteTransaction, incoming: Incoming<Id>) => Promise<Operation>;
};
/** Handlers that change something and answer at once, inside of the transaction that also keeps the answer. */
export type WriteHandlers = {
  readonly [Id in WriteId]: (
    context: ApiContext,
    unit: WriteUnit,
    incoming: Incoming<Id>,
  ) => Promise<Outcome<ResultOf<Operations[Id]>>>;
};
/** Handlers that answer the text of a stream of server-sent events, made of chunks. */
export type StreamHandlers = {
  readonly [Id in StreamId]: (
    context: ApiContext,
    incoming: Incoming<Id>,
    connection: Connection,
  ) => Promise<AsyncGenerator<string>>;
};
