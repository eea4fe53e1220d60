import { createHash } from 'node:crypto';
import { type Caller, type IfMatch, KaasError } from '@matryoshka/application';
import {
  type IdempotencyScope,
  inProject,
  lookUpIdempotencyKey,
  type Pool,
  type Queryable,
  type SecretBox,
  type StoredAnswer,
  saveIdempotentAnswer,
} from '@matryoshka/postgres';

export interface IdempotentRequest {
  readonly key: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly ifMatch: IfMatch;
}

/**
 * Runs a change and keeps its answer under the key, in one transaction: after a crash either both are there or neither. The same
 * request again gets the stored answer, marked by `Idempotency-Replayed`. Refused requests keep nothing, so they may be repeated corrected.
 */
export async function runChange(
  pool: Pool,
  caller: Caller,
  request: IdempotentRequest,
  change: (tx: Queryable) => Promise<StoredAnswer>,
  /** For answers that hold a secret: they lie in the table sealed. */
  secretBox?: SecretBox,
): Promise<StoredAnswer> {
  return await inProject(pool, caller, async (tx) => {
    if (request.key === undefined) return await change(tx);
    const scope = { projectId: caller.projectId, userId: caller.userId, key: request.key };
    const fingerprint = fingerprintOf(request);
    const found = await lookUpIdempotencyKey(tx, scope, fingerprint);
    switch (found.state) {
      case 'running':
        throw new KaasError('idempotency_in_progress', 'The first request with this key has not ended yet.', {
          next: 'Wait a moment, then send the same request again.',
        });
      case 'other-request':
        throw new KaasError('idempotency_key_reused', 'This key was used for a request with other content.', {
          next: 'Use a new key for each new request.',
        });
      case 'replay':
        return {
          ...found.answer,
          body: await opened(found.answer.body, scope, secretBox),
          headers: { ...found.answer.headers, 'idempotency-replayed': 'true' },
        };
      case 'new': {
        const answer = await change(tx);
        await saveIdempotentAnswer(tx, scope, fingerprint, {
          ...answer,
          body: await sealed(answer.body, scope, secretBox),
        });
        return answer;
      }
    }
  });
}

const placeOf = ({ projectId, userId, key }: IdempotencyScope): string => `${projectId}/answer/${userId}/${key}`;

async function sealed(body: string, scope: IdempotencyScope, box: SecretBox | undefined): Promise<string> {
  return box === undefined ? body : (await box.seal(body, placeOf(scope))).toString('base64');
}

async function opened(body: string, scope: IdempotencyScope, box: SecretBox | undefined): Promise<string> {
  return box === undefined ? body : await box.open(Buffer.from(body, 'base64'), placeOf(scope));
}

function fingerprintOf({ method, path, body, ifMatch }: IdempotentRequest): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([method, path, ifMatch ?? null, body ?? null]))
    .digest();
}
