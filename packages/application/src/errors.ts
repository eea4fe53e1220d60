import { type ProblemCode, problems } from '@matryoshka/contract';
import type { Violation } from '@matryoshka/domain';

export interface KaasErrorOptions {
  readonly next?: string;
  readonly violations?: readonly Violation[];
  /** When to try again, in seconds; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An expected refusal: becomes problem+json with the code's status. */
export class KaasError extends Error {
  readonly code: ProblemCode;
  readonly next: string;
  readonly violations: readonly Violation[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, detail: string, options: KaasErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KaasError';
    this.code = code;
    this.next = options.next ?? defaultNext[problems[code].actor];
    this.violations = options.violations ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

const defaultNext = {
  user: 'Change the request and send it again.',
  provider: 'Try again later; if it stays so, tell the provider of this cloud the request id.',
  us: 'Report it with the request id.',
} as const;

/** Throws `validation_failed`, or `quota_exceeded` when nothing but limits is violated. */
export function refuseViolations(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const onlyLimits = violations.every((violation) => /^(quota_|too_many_)/.test(violation.code));
  const first = violations[0];
  const more = violations.length === 1 ? '' : ` (and ${violations.length - 1} more)`;
  throw new KaasError(
    onlyLimits ? 'quota_exceeded' : 'validation_failed',
    `${first?.pointer || 'The request'}: ${first?.message}${more}`,
    {
      violations,
      next: onlyLimits ? 'Ask for less, or ask the provider for a higher limit.' : 'Correct the values named here.',
    },
  );
}

/** The same answer for what does not exist and for what belongs to somebody else. */
export function notFound(kind: string, id: string): KaasError {
  return new KaasError('not_found', `There is no ${kind} ${id} in this project.`, {
    next: `List what there is, or choose the right project.`,
  });
}

/** Rules know better words than the shape for the same place, so theirs win. */
export function mergeViolations(shape: readonly Violation[], rules: readonly Violation[]): readonly Violation[] {
  const places = new Set(rules.map((violation) => violation.pointer));
  return [...shape.filter((violation) => !places.has(violation.pointer)), ...rules];
}
