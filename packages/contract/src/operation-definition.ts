import type { Static, TObject, TSchema } from 'typebox';
import type { ProblemCode } from './problem.ts';

export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/**
 * Who may call: anybody, anybody logged in, somebody with at least this role in the project, or an administrator of the provider (who sees all
 * projects). There is no default: each operation says it.
 */
export type Access = 'public' | 'authenticated' | Role | 'provider';

export interface CliCommand {
  /** `noun verb`, e.g. `cluster create`. */
  readonly command: string;
  readonly summary: string;
}

export interface OperationDefinition {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path parameters in braces; each is a property of `params`. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly access: Access;
  readonly params?: TObject;
  readonly query?: TObject;
  readonly body?: TSchema;
  /** The body may be left out: that says the same as an empty object. */
  readonly bodyOptional?: true;
  readonly success: { readonly status: 200 | 201 | 202 | 204; readonly schema?: TSchema };
  /** Answers 202 with an Operation; the work goes on after the answer. */
  readonly async?: true;
  /** Somebody must be logged in for it: a token for programs is refused. */
  readonly sessionOnly?: true;
  /** It concerns the project as a whole: a token for some clusters is refused. */
  readonly wholeProject?: true;
  /** A POST that changes nothing: its question is too long for a query. */
  readonly reads?: true;
  /** Changes something and answers at once: in one transaction with its audit record and, for `idempotent`, with its answer. */
  readonly write?: true;
  /** The answer holds something that is shown once (a token). It is kept for `Idempotency-Key` only sealed. */
  readonly secret?: true;
  /** Honours `Idempotency-Key`. */
  readonly idempotent?: true;
  /** Honours `If-Match` with the ETag of the cluster. */
  readonly ifMatch?: true;
  /** The answer is `text/event-stream`; `schema` describes the `data` of one event. */
  readonly stream?: true;
  /** The answer carries an `ETag`. */
  readonly etag?: true;
  /** Honours `fields`: answers with those members only. */
  readonly sparse?: true;
  /** It will go: since when, from when on it may be gone (dates), and the operation that takes its place. */
  readonly deprecated?: { readonly since: string; readonly sunset?: string; readonly use?: string };
  /** Special problems of this operation; those that any operation can answer are added by `problemsOf`. */
  readonly errors: readonly ProblemCode[];
  readonly cli?: CliCommand;
}

/** Keeps the literal types, so that the client and the server derive theirs from the table. */
export function defineOperation<const T extends OperationDefinition>(definition: T): T {
  return definition;
}

type StaticOf<T> = T extends TSchema ? Static<T> : undefined;
export type ParamsOf<T extends OperationDefinition> = StaticOf<T['params']>;
export type QueryOf<T extends OperationDefinition> = StaticOf<T['query']>;
export type BodyOf<T extends OperationDefinition> = StaticOf<T['body']>;
export type ResultOf<T extends OperationDefinition> = StaticOf<T['success']['schema']>;

/** Every problem an operation can answer: its own ones and those that follow from its shape. */
export function problemsOf(operation: OperationDefinition): readonly ProblemCode[] {
  const codes = new Set<ProblemCode>(operation.errors);
  // A query parameter that is not known is refused everywhere, also where there are none.
  for (const code of ['internal', 'database_unavailable', 'validation_failed'] as const) codes.add(code);
  if (operation.access !== 'public')
    for (const code of ['unauthenticated', 'token_expired', 'rate_limited'] as const) codes.add(code);
  const isForAll = operation.access === 'public' || operation.access === 'authenticated';
  if (!isForAll || operation.sessionOnly) codes.add('forbidden');
  if (operation.body !== undefined)
    for (const code of ['invalid_json', 'body_too_large', 'unsupported_media_type'] as const) codes.add(code);
  if (operation.params !== undefined) codes.add('not_found');
  if (operation.ifMatch) for (const code of ['precondition_failed', 'invalid_header'] as const) codes.add(code);
  if (operation.idempotent)
    for (const code of ['idempotency_in_progress', 'idempotency_key_reused', 'invalid_header'] as const)
      codes.add(code);
  return [...codes].sort();
}
