import { KaasError } from '@matryoshka/application';
import { type Problem, problems, problemType } from '@matryoshka/contract';
import { isDatabaseUnavailable } from '@matryoshka/postgres';

/** The problem that anything thrown becomes. What is not expected says nothing of its inside. */
export function problemOf(error: unknown, requestId: string): Problem {
  const known = knownError(error);
  const { status, title, actor } = problems[known.code];
  return {
    type: problemType(known.code),
    title,
    status,
    detail: known.message,
    code: known.code,
    actor,
    next: known.next,
    ...(known.violations.length === 0 ? {} : { violations: known.violations.map((violation) => ({ ...violation })) }),
    requestId,
  };
}

function knownError(error: unknown): KaasError {
  if (error instanceof KaasError) return error;
  if (isDatabaseUnavailable(error))
    return new KaasError('database_unavailable', 'The service cannot reach its database now.');
  return (
    frameworkError(error instanceof Error && 'code' in error ? error.code : undefined) ??
    new KaasError('internal', 'The request failed for a reason we did not expect.', {
      next: 'Report it with the request id.',
    })
  );
}

/** What Fastify refuses before a handler runs. */
function frameworkError(code: unknown): KaasError | undefined {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new KaasError('body_too_large', 'The body has more than 256 KiB.', { next: 'Send a smaller body.' });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new KaasError('unsupported_media_type', 'The body must be sent as application/json.', {
        next: 'Set Content-Type: application/json.',
      });
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new KaasError('invalid_header', 'The body is not as long as Content-Length says.');
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return unknownPath();
    default:
      return undefined;
  }
}

/** There is nothing at the path of the request. */
export function unknownPath(): KaasError {
  return new KaasError('not_found', 'There is nothing at this path.', {
    next: 'GET /openapi.json lists every path.',
  });
}
