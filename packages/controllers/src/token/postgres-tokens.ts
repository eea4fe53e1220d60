import { listTokenMakers, type Pool, revokeTokensBeyond } from '@matryoshka/postgres';
import type { TokenStore } from './watch.ts';

/** The tokens in the product database. */
export function createPostgresTokens(pool: Pool): TokenStore {
  return {
    makers: async () => await listTokenMakers(pool),
    revokeBeyond: async (maker, why) => await revokeTokensBeyond(pool, maker, why),
  };
}
