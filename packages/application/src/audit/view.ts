import type { AuditRecord } from '@matryoshka/contract';

/** What a record's text holds (migration 0009, audit_payload). */
interface Payload {
  readonly sequence: number;
  readonly at: string;
  readonly userId: string;
  readonly userName: string;
  readonly action: string;
  readonly resource: string;
  readonly requestId: string;
  readonly remoteAddress: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

/** A link of the audit chain as the API shows the record in it. */
export function auditView({ payload, hash }: { readonly payload: string; readonly hash: string }): AuditRecord {
  const { sequence, at, userId, userName, action, resource, requestId, remoteAddress, before, after } = JSON.parse(
    payload,
  ) as Payload;
  const user = { id: userId, name: userName };
  return {
    sequence,
    at: new Date(at).toISOString(),
    user,
    action,
    resource,
    requestId,
    remoteAddress,
    before,
    after,
    hash,
  };
}
