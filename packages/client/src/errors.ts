import type { Problem } from '@matryoshka/contract';

/** The service answered with a problem (RFC 9457). */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** No answer of the service: refused, timed out, or an answer that is not of this API (a proxy's page, for example). */
export class ServiceUnreachableError extends Error {
  readonly url: string;

  constructor(url: string, reason: string, cause?: unknown) {
    super(`${url}: ${reason}`, cause === undefined ? undefined : { cause });
    this.name = 'ServiceUnreachableError';
    this.url = url;
  }
}
