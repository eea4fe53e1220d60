import {
  type Caller,
  hashToken,
  KaasError,
  mergeViolations,
  newToken,
  notFound,
  refuseViolations,
  tokenDefaults,
  tokenView,
  validateToken,
} from '@matryoshka/application';
import { defaultPageSize } from '@matryoshka/contract';
import {
  countUsableTokens,
  getToken,
  inProject,
  insertToken,
  listClusters,
  listTokens,
  lockMember,
  newTokenId,
  type Queryable,
  revokeToken,
  type StoredToken,
} from '@matryoshka/postgres';
import { type CursorScope, decodeCursor, pageOf } from '../http/cursor.ts';
import type { PlainHandlers, WriteHandlers } from '../http/incoming.ts';
import { writeTransaction } from '../store.ts';

/** So that a token made while the member is removed does not outlive it. */
async function holdMember(tx: Queryable, id: string): Promise<void> {
  if (!(await lockMember(tx, id)))
    throw new KaasError('unauthenticated', 'You are no member of this project any more.', { next: 'Log in again.' });
}

/** Administrators see the tokens of all, others their own: somebody else's is not to be told from none. */
const onlyOf = ({ role, userId }: Caller): { readonly userId?: string } => (role === 'admin' ? {} : { userId });

async function tokenOf(tx: Queryable, caller: Caller, id: string): Promise<StoredToken> {
  const token = await getToken(tx, id, onlyOf(caller).userId);
  if (token === undefined) throw notFound('token', id);
  return token;
}

export const tokenHandlers: Pick<PlainHandlers, 'token.list' | 'token.get'> = {
  'token.list': async ({ pool, now }, { caller, query }) => {
    const { cursor, limit = defaultPageSize } = query;
    const own = onlyOf(caller);
    const scope: CursorScope = ['token.list', caller.projectId, own.userId];
    const before = decodeCursor(scope, cursor, ([time = '', id = '']) => {
      const createdAt = new Date(time);
      return Number.isNaN(createdAt.getTime()) ? undefined : { createdAt, id };
    });
    const page = { limit: limit + 1, ...own, ...(before === undefined ? {} : { before }) };
    const rows = await inProject(pool, caller, async (tx) => await listTokens(tx, page));
    const at = now();
    return {
      data: pageOf(scope, rows, limit, {
        key: ({ createdAt, id }) => [createdAt.toISOString(), id],
        view: (token) => tokenView(token, at),
      }),
    };
  },
  'token.get': async ({ pool, now }, { caller, params }) => {
    const token = await inProject(pool, caller, async (tx) => await tokenOf(tx, caller, params.tokenId));
    return { data: tokenView(token, now()) };
  },
};

export const tokenWrites: Pick<WriteHandlers, 'token.create' | 'token.revoke'> = {
  'token.create': async (context, { tx, audit }, { caller, body, shape }) => {
    // So that two requests at once do not exceed the limit.
    await writeTransaction(tx).lockProject(caller.projectId);
    const now = context.now();
    const known = (await listClusters(tx, { limit: 10_000 })).map(({ id }) => id);
    const usable = await countUsableTokens(tx, caller.userId);
    refuseViolations(mergeViolations(shape, validateToken(body, caller, { known, usable, now })));
    const { projectId, projectName, userId, userName, memberId } = caller;
    if (memberId !== null) await holdMember(tx, memberId);
    const given = { name: body.name, ...tokenDefaults(body, caller, now) };
    const secret = newToken('program');
    const who = { projectId, projectName, userId, userName, memberId };
    const token = await insertToken(tx, hashToken(secret), { id: newTokenId(), ...who, ...given });
    await audit({ resource: token.id, after: given });
    return { data: { ...tokenView(token, now), token: secret } };
  },
  'token.revoke': async (_context, { tx, audit }, { caller, params }) => {
    const token = await tokenOf(tx, caller, params.tokenId);
    await revokeToken(tx, token.id);
    await audit({ resource: token.id, before: { name: token.name, revokedAt: token.revokedAt } });
    return { data: undefined };
  },
};
