import { type Static, Type } from 'typebox';

/** Who has to act for the problem to go away: the caller, the provider of this cloud, or the makers of Matryoshka. */
export const actors = ['user', 'provider', 'us'] as const;

/** Every error the API can answer, closed: code → HTTP status, title, who must act. Codes never change their meaning. */
export const problems = {
  invalid_json: { status: 400, title: 'The body is not valid JSON', actor: 'user' },
  invalid_header: { status: 400, title: 'A header has an invalid value', actor: 'user' },
  unauthenticated: { status: 401, title: 'No valid credentials were given', actor: 'user' },
  token_expired: { status: 401, title: 'The token has expired', actor: 'user' },
  login_failed: { status: 401, title: 'The identity service refused the credentials', actor: 'user' },
  forbidden: { status: 403, title: 'Your role does not allow this', actor: 'user' },
  no_role: { status: 403, title: 'You have no usable role in this project', actor: 'provider' },
  not_found: { status: 404, title: 'There is no such resource', actor: 'user' },
  method_not_allowed: { status: 405, title: 'This path does not have that method', actor: 'user' },
  name_taken: { status: 409, title: 'The name is in use', actor: 'user' },
  cluster_deleting: { status: 409, title: 'The cluster is being deleted', actor: 'user' },
  cluster_not_ready: { status: 409, title: 'The cluster is not ready for this yet', actor: 'user' },
  idempotency_in_progress: { status: 409, title: 'A request with this Idempotency-Key is running', actor: 'user' },
  precondition_failed: { status: 412, title: 'The resource has changed since you read it', actor: 'user' },
  body_too_large: { status: 413, title: 'The body is too large', actor: 'user' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON', actor: 'user' },
  validation_failed: { status: 422, title: 'The request has invalid values', actor: 'user' },
  quota_exceeded: { status: 422, title: 'The request exceeds a limit', actor: 'user' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used for another request', actor: 'user' },
  project_required: { status: 422, title: 'Choose a project', actor: 'user' },
  internal: { status: 500, title: 'Something went wrong on our side', actor: 'us' },
  identity_unavailable: { status: 503, title: 'The identity service does not answer', actor: 'provider' },
  catalog_not_ready: { status: 503, title: 'Flavors or versions are not known yet', actor: 'provider' },
  database_unavailable: { status: 503, title: 'The database does not answer', actor: 'provider' },
} as const satisfies Record<string, { status: number; title: string; actor: (typeof actors)[number] }>;

export type ProblemCode = keyof typeof problems;
export const problemCodes = Object.keys(problems) as readonly ProblemCode[];

/** The page that explains a code; also the `type` member of the problem. */
export function problemType(code: ProblemCode): string {
  return `https://matryoshka.dev/problems/${code}`;
}

export const Violation = Type.Object(
  {
    pointer: Type.String({ description: 'JSON pointer (RFC 6901) into the body; `?name` for a query parameter' }),
    code: Type.String({ description: 'Stable name of the rule, e.g. `unknown_flavor`' }),
    message: Type.String(),
    suggestion: Type.Optional(Type.String({ description: 'A value that would be accepted' })),
  },
  { $id: 'Violation', additionalProperties: false },
);
export type Violation = Static<typeof Violation>;

/** RFC 9457 problem details with our extension members. */
export const Problem = Type.Object(
  {
    type: Type.String({ format: 'uri' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.Enum([...problemCodes]),
    actor: Type.Enum([...actors], { description: 'Who must act' }),
    next: Type.String({ description: 'The next step for the actor' }),
    violations: Type.Optional(Type.Array(Violation)),
    requestId: Type.String(),
  },
  { $id: 'Problem', additionalProperties: false },
);
export type Problem = Static<typeof Problem>;
