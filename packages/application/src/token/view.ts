import type { Token } from '@matryoshka/contract';

/** A token as it is stored. */
export interface StoredToken {
  readonly id: string;
  readonly userId: string;
  readonly userName: string;
  readonly name: string;
  readonly role: Token['role'];
  readonly clusterIds: readonly string[] | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** A token as the API shows it. */
export function tokenView(token: StoredToken, now: Date): Token {
  const { id, name, userId, userName, role, clusterIds, createdAt, expiresAt, lastUsedAt, revokedAt } = token;
  return {
    id,
    name,
    user: { id: userId, name: userName },
    role,
    clusterIds: clusterIds === null ? null : [...clusterIds],
    state: revokedAt !== null ? 'revoked' : expiresAt <= now ? 'expired' : 'active',
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}
