import { type Static, Type } from 'typebox';

/** Who has to act for the problem to go away: the caller, the provider of this cloud, or the makers of Matryoshka. */
export const actors = ['user', 'provider', 'us'] as const;

export interface ProblemDefinition {
  readonly status: number;
  readonly title: string;
  readonly actor: (typeof actors)[number];
  /** What it means and what to do, for docs/problems.md. */
  readonly meaning: string;
}

/** Every error the API can answer, closed: code → HTTP status, title, who must act, meaning. Codes never change their meaning. */
export const problems = {
  invalid_json: {
    status: 400,
    title: 'The body is not valid JSON',
    actor: 'user',
    meaning:
      'The body could not be read as JSON in UTF-8, or is nested deeper than 32 levels. `detail` says where reading ended.',
  },
  invalid_header: {
    status: 400,
    title: 'A header has an invalid value',
    actor: 'user',
    meaning:
      '`If-Match`, `Idempotency-Key` or `Last-Event-ID` does not have the form it must have, or the request is no proper HTTP.',
  },
  unauthenticated: {
    status: 401,
    title: 'No valid credentials were given',
    actor: 'user',
    meaning:
      'The request carries no token of this service, or one that was mistyped, logged out or forgotten. Log in and send `Authorization: Bearer …`.',
  },
  token_expired: {
    status: 401,
    title: 'The token has expired',
    actor: 'user',
    meaning:
      'The token was valid once. It ends after twelve hours, or with the OpenStack token behind it. Log in again.',
  },
  login_failed: {
    status: 401,
    title: 'The identity service refused the credentials',
    actor: 'user',
    meaning:
      'Keystone does not accept this user, password, token or application credential, and does not say which part is wrong. Or the ID token is not one of the issuer for this service, or has become too old; `detail` says which.',
  },
  forbidden: {
    status: 403,
    title: 'Your role does not allow this',
    actor: 'user',
    meaning:
      'Viewers read, operators and administrators also change. An administrator of the project can give you a higher role; log in again afterwards. A token for programs does less than its maker: it makes no tokens, and one for some clusters makes no others.',
  },
  no_role: {
    status: 403,
    title: 'You have no usable role in this project',
    actor: 'provider',
    meaning:
      'The login was right, but none of your OpenStack roles in the project means anything here: the provider gives the role `member` or `reader`. Or no project has you as a member: one of its administrators adds you (`kaas member add`).',
  },
  not_found: {
    status: 404,
    title: 'There is no such resource',
    actor: 'user',
    meaning:
      'The path leads nowhere, or the object does not exist in the project of your token. Objects of other projects answer exactly the same.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This path does not have that method',
    actor: 'user',
    meaning: 'The path exists; the header `Allow` lists its methods.',
  },
  name_taken: {
    status: 409,
    title: 'The name is in use',
    actor: 'user',
    meaning:
      'Another cluster of the project, or another pool of the cluster, has this name. A deleted cluster frees its name when everything made for it is gone.',
  },
  cluster_deleting: {
    status: 409,
    title: 'The cluster is being deleted',
    actor: 'user',
    meaning: 'A cluster that is being deleted cannot be changed, and no credentials are given out for it any more.',
  },
  deletion_protected: {
    status: 409,
    title: 'The cluster is protected from deletion',
    actor: 'user',
    meaning:
      'Somebody switched its deletion protection on. Switch it off first: `kaas cluster update NAME --deletion-protection off`.',
  },
  deletion_plan_changed: {
    status: 409,
    title: 'The deletion plan has changed since you read it',
    actor: 'user',
    meaning:
      'The cluster has other load balancers, volumes or workers than in the plan whose `planId` you sent. Read the plan again and decide anew.',
  },
  cluster_not_ready: {
    status: 409,
    title: 'The cluster is not ready for this yet',
    actor: 'user',
    meaning: 'The control plane has no kubeconfig yet. Wait for the operation that creates the cluster.',
  },
  cluster_hibernated: {
    status: 409,
    title: 'The cluster is asleep',
    actor: 'user',
    meaning:
      'Its control plane and its workers do not run, so nothing of it answers. Wake it (`kaas cluster wake NAME`), or wait until its schedule does.',
  },
  backups_not_offered: {
    status: 409,
    title: 'The provider keeps no backups',
    actor: 'provider',
    meaning: 'No place for backups is configured where the control plane of the cluster runs. Ask your provider.',
  },
  recovery_not_offered: {
    status: 409,
    title: 'Moments of the past cannot be had back',
    actor: 'provider',
    meaning:
      'The DataStore of the cluster is not archived continuously, or its archive has no base backup yet. Restore one of the backups there are (`kaas backup list NAME`), or ask your provider.',
  },
  moment_not_archived: {
    status: 409,
    title: 'The archive does not hold this moment',
    actor: 'user',
    meaning:
      'It lies before the first moment that the archive of the DataStore has of this cluster: `backup.recoverableFrom` of the cluster. `detail` says it. Choose a later one, or one of the backups there are.',
  },
  backup_not_usable: {
    status: 409,
    title: 'The backup cannot be restored',
    actor: 'user',
    meaning:
      'It is not ready or has failed, or it was made by a Kubernetes version that the control plane is too far away from: more than one minor older, or newer. Choose another one.',
  },
  cluster_restoring: {
    status: 409,
    title: 'A backup is being restored',
    actor: 'user',
    meaning: 'The data of the cluster are being replaced by those of a backup. Wait for that operation.',
  },
  rotation_running: {
    status: 409,
    title: 'The authority of the cluster is being rotated',
    actor: 'user',
    meaning: 'Keys are being exchanged, or a rotation was begun and not completed. `next` tells what to do first.',
  },
  rotation_not_prepared: {
    status: 409,
    title: 'There is no rotation to be completed',
    actor: 'user',
    meaning: 'A rotation is completed after it was begun, and when that operation has ended.',
  },
  not_cancellable: {
    status: 409,
    title: 'The operation cannot be cancelled',
    actor: 'user',
    meaning:
      'It has ended, it destroys something, or the cluster was changed after it. `detail` says which, `next` what to do instead. The member `cancellable` of an operation tells before.',
  },
  not_deleting: {
    status: 409,
    title: 'The cluster is not being deleted',
    actor: 'provider',
    meaning: 'Only a deletion that its customer has asked for, and that does not end by itself, is ended by force.',
  },
  leftover_kept: {
    status: 409,
    title: 'Its customer kept it',
    actor: 'user',
    meaning:
      'The deletion of the cluster was asked to keep its volumes and snapshots. They hold data of the customer, who alone removes them, in OpenStack.',
  },
  leftover_not_adoptable: {
    status: 409,
    title: 'It cannot become part of that cluster',
    actor: 'provider',
    meaning:
      'Volumes and snapshots are given to a cluster that stays and is in the same project. A load balancer or floating IP belongs to a Service, and another Service makes its own.',
  },
  price_list_begun: {
    status: 409,
    title: 'The price list is valid already',
    actor: 'provider',
    meaning:
      'What was used is priced by the list of its time, so one that has begun stays. Publish the next one instead.',
  },
  member_exists: {
    status: 409,
    title: 'The project has this member already',
    actor: 'user',
    meaning:
      'The same issuer, kind and value are there, perhaps with another role. Remove that member, then add it anew.',
  },
  idempotency_in_progress: {
    status: 409,
    title: 'A request with this Idempotency-Key is running',
    actor: 'user',
    meaning:
      'The first request with this key has not been answered. Send the same request again in a moment to get its answer.',
  },
  precondition_failed: {
    status: 412,
    title: 'The resource has changed since you read it',
    actor: 'user',
    meaning:
      '`If-Match` names another version of the cluster than the current one. Read the cluster again, look at what changed, and repeat the change with the new ETag.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    actor: 'user',
    meaning: 'Bodies have at most 256 KiB.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body must be JSON',
    actor: 'user',
    meaning: 'Send `Content-Type: application/json` and no `Content-Encoding`.',
  },
  validation_failed: {
    status: 422,
    title: 'The request has invalid values',
    actor: 'user',
    meaning:
      '`violations` lists every wrong value with a JSON pointer into the body (`?name` for a query parameter), a code and often a suggestion. Nothing was changed.',
  },
  quota_exceeded: {
    status: 422,
    title: 'The request exceeds a limit',
    actor: 'user',
    meaning:
      'The request is well-formed but asks for more than the OpenStack quota of the project or the limits of this service allow. Nothing was changed.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    actor: 'user',
    meaning:
      'A key stands for one request (method, path, body, `If-Match`) for 24 hours. Use a new key for each new request.',
  },
  project_required: {
    status: 422,
    title: 'Choose a project',
    actor: 'user',
    meaning: 'You have several projects and named none, or one you do not have. `violations` lists yours.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    actor: 'user',
    meaning:
      'Too many requests came from you, or too many failed logins from your address. `Retry-After` says in how many seconds the next one is taken; the headers `RateLimit` and `RateLimit-Policy` of every answer tell how many are left.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong on our side',
    actor: 'us',
    meaning: 'A bug. The log of kaas-api has the cause under the request id. Changes are made whole or not at all.',
  },
  identity_unavailable: {
    status: 503,
    title: 'The identity service does not answer',
    actor: 'provider',
    meaning:
      'Keystone, or the OpenID Connect issuer, is away, too slow or answers nonsense. Tokens you already have go on working.',
  },
  catalog_not_ready: {
    status: 503,
    title: 'Flavors or versions are not known yet',
    actor: 'provider',
    meaning: 'kaas-controller has not yet read the flavors and images of the cloud. If it stays so, look at its log.',
  },
  logs_unavailable: {
    status: 503,
    title: 'The log cannot be read at the moment',
    actor: 'provider',
    meaning:
      'kaas-controller did not answer, or the pods of the control plane cannot be asked: `detail` says why. A cluster that is being made has no log yet.',
  },
  no_capacity: {
    status: 503,
    title: 'There is no room for another control plane',
    actor: 'provider',
    meaning:
      'Every management cluster is full, cordoned, or has no DataStore with room. Nothing was created. The provider sees why: `kaas fleet management-clusters`.',
  },
  database_unavailable: {
    status: 503,
    title: 'The database does not answer',
    actor: 'provider',
    meaning:
      'PostgreSQL is away, restarting, overloaded or not migrated. Nothing was half done: repeat the request, with the same `Idempotency-Key` if it was a change.',
  },
} as const satisfies Record<string, ProblemDefinition>;

export type ProblemCode = keyof typeof problems;
export const problemCodes = Object.keys(problems) as readonly ProblemCode[];

/** Where docs/problems.md is published. Part of every problem's `type`, which clients may compare: it never changes. */
export const problemsUrl = 'https://matryoshka.dev/docs/problems';

/** The `type` member of a problem: the page that explains it, with the code as anchor (the heading of its section in docs/problems.md). */
export function problemType(code: ProblemCode): string {
  return `${problemsUrl}#${code}`;
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
