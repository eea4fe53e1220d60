import { createHash } from 'node:crypto';
import { type Caller, type IfMatch, KaasError, type WriteTransaction } from '@matryoshka/application';
import {
  inProject,
  lookUpIdempotencyKey,
  type Pool,
  type StoredAnswer,
  saveIdempotentAnswer,
} from '@matryoshka/postgres';
import { writeTransaction } from '../store.ts';

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
  change: (tx: WriteTransaction) => Promise<StoredAnswer>,
): Promise<StoredAnswer> {
  return await inProject(pool, caller.projectId, async (tx) => {
    if (request.key === undefined) return await change(writeTransaction(tx));
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
        return { ...found.answer, headers: { ...found.answer.headers, 'idempotency-replayed': 'true' } };
      case 'new': {
        const answer = await change(writeTransaction(tx));
        await saveIdempotentAnswer(tx, scope, fingerprint, answer);
        return answer;
      }
    }
  });
}

function fingerprintOf({ method, path, body, ifMatch }: IdempotentRequest): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([method, path, ifMatch ?? null, body ?? null]))
    .digest();
}
