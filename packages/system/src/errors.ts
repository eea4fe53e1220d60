/** Who has to act for an error to go away. `us` = the makers of Matryoshka: a bug. */
export type Actor = 'user' | 'provider' | 'us';

export interface TypedErrorOptions {
  readonly code: string;
  readonly actor?: Actor;
  /** One sentence: what the actor should do now. */
  readonly next?: string;
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An expected failure: what happened (message), where (code, details), who must act and the next step. Printed without a stack trace. */
export class TypedError extends Error {
  readonly code: string;
  readonly actor: Actor;
  readonly next: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, options: TypedErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TypedError';
    this.code = options.code;
    this.actor = options.actor ?? 'provider';
    this.next = options.next;
    this.details = options.details ?? {};
  }
}

/** The text of anything thrown, for messages. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for a Node.js system error of one of the given codes (`ENOENT`, …). */
export function hasErrnoCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
