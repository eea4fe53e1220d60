import {
  KaasError,
  memberValue,
  mergeViolations,
  notFound,
  refuseViolations,
  validateMember,
} from '@matryoshka/application';
import { defaultPageSize, type Member } from '@matryoshka/contract';
import {
  inProject,
  insertMember,
  listMembers,
  newMemberId,
  removeMember,
  type StoredMember,
} from '@matryoshka/postgres';
import { type CursorScope, decodeCursor, pageOf } from '../http/cursor.ts';
import type { PlainHandlers, WriteHandlers } from '../http/incoming.ts';
import { writeTransaction } from '../store.ts';

const memberView = (member: StoredMember): Member => ({ ...member, createdAt: member.createdAt.toISOString() });

export const memberHandlers: Pick<PlainHandlers, 'member.list'> = {
  'member.list': async ({ pool }, { caller, query }) => {
    const { cursor, limit = defaultPageSize } = query;
    const scope: CursorScope = ['member.list', caller.projectId];
    const after = decodeCursor(scope, cursor, ([id]) => id);
    const page = { limit: limit + 1, ...(after === undefined ? {} : { after }) };
    const rows = await inProject(pool, caller, async (tx) => await listMembers(tx, page));
    return { data: pageOf(scope, rows, limit, { key: ({ id }) => [id], view: memberView }) };
  },
};

export const memberWrites: Pick<WriteHandlers, 'member.add' | 'member.remove'> = {
  'member.add': async ({ oidc }, { tx, audit }, { caller, body, shape }) => {
    // So that two requests at once do not exceed the limit.
    await writeTransaction(tx).lockProject(caller.projectId);
    const count = (await listMembers(tx, { limit: 1_000 })).length;
    const issuers = oidc.methods.map(({ name }) => name);
    refuseViolations(mergeViolations(shape, validateMember(body, { count, issuers })));
    const given = { ...body, value: memberValue(body.kind, body.value) };
    const { projectId, userName: createdBy } = caller;
    const member = await insertMember(tx, { id: newMemberId(), projectId, createdBy, ...given });
    if (member === undefined)
      throw new KaasError('member_exists', `The ${given.kind} ${given.value} of ${given.issuer} is a member already.`, {
        next: 'To change the role, remove the member and add it anew: kaas member list.',
      });
    await audit({ resource: member.id, after: given });
    return { data: memberView(member) };
  },
  'member.remove': async (_context, { tx, audit }, { params }) => {
    const removed = await removeMember(tx, params.memberId);
    if (removed === undefined) throw notFound('member', params.memberId);
    const { issuer, kind, value, role } = removed.member;
    await audit({
      resource: params.memberId,
      before: { issuer, kind, value, role },
      after: { revokedTokens: removed.tokens },
    });
    return { data: undefined };
  },
};
