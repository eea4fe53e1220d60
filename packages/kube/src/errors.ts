import { TypedError } from '@matryoshka/system';

/** The `Status` object with which a Kubernetes API server answers every failed request (meta/v1 Status). */
export interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
    readonly [member: string]: unknown;
  };
}

/** The API server refused a request. `reason` is the machine-readable one of meta/v1 StatusReason. */
export class StatusError extends TypedError {
  readonly httpStatus: number;
  readonly reason: string;
  readonly status: Status;

  constructor(request: string, httpStatus: number, status: Status) {
    super(`${request}: ${status.message ?? `HTTP ${httpStatus}`}`, {
      code: 'kubernetes_status',
      details: { httpStatus, reason: status.reason ?? '' },
    });
    this.name = 'StatusError';
    this.httpStatus = httpStatus;
    this.reason = status.reason ?? reasonOfHttpStatus(httpStatus);
    this.status = status;
  }
}

function reasonOfHttpStatus(httpStatus: number): string {
  const reasons: Readonly<Record<number, string>> = {
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'NotFound',
    410: 'Gone',
    429: 'TooManyRequests',
    503: 'ServiceUnavailable',
    504: 'Timeout',
  };
  return reasons[httpStatus] ?? 'Unknown';
}

function hasReason(error: unknown, ...reasons: readonly string[]): boolean {
  return error instanceof StatusError && reasons.includes(error.reason);
}

/** The object, or its whole kind, does not exist. */
export function isNotFound(error: unknown): boolean {
  return hasReason(error, 'NotFound') || (error instanceof TypedError && error.code === 'kubernetes_unknown_kind');
}

/** Someone else changed the object, or owns a field that was applied without `force`. */
export function isConflict(error: unknown): boolean {
  return hasReason(error, 'Conflict');
}

export function isAlreadyExists(error: unknown): boolean {
  return hasReason(error, 'AlreadyExists');
}

export function isForbidden(error: unknown): boolean {
  return hasReason(error, 'Forbidden');
}

export function isUnauthorized(error: unknown): boolean {
  return hasReason(error, 'Unauthorized');
}

/** The object breaks a rule of the API server: repeating it cannot help. */
export function isInvalid(error: unknown): boolean {
  return hasReason(error, 'Invalid', 'BadRequest');
}

/** A resource version or continue token is too old: list again from the start. */
export function isExpired(error: unknown): boolean {
  return hasReason(error, 'Expired', 'Gone');
}

/** Worth repeating unchanged: the server was not reachable, is starting, overloaded, or timed out. */
export function isTransient(error: unknown): boolean {
  if (hasReason(error, 'TooManyRequests', 'ServiceUnavailable', 'ServerTimeout', 'Timeout', 'InternalError'))
    return true;
  if (error instanceof StatusError) return error.httpStatus >= 500;
  return (
    error instanceof TypedError && (error.code === 'kubernetes_unreachable' || error.code === 'kubernetes_timed_out')
  );
}
