import { Type } from 'typebox';
import { page, pageQuery } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { Member, MemberCreate } from './schema.ts';

const common = { tag: 'member', wholeProject: true } as const;

export const memberOperations = {
  'member.list': defineOperation({
    ...common,
    method: 'GET',
    path: '/v1/members',
    summary: 'Whom of OpenID Connect issuers the project lets in',
    access: 'viewer',
    query: Type.Object({ ...pageQuery }, { additionalProperties: false }),
    success: { status: 200, schema: page(Member) },
    errors: [],
    cli: { command: 'member list', summary: 'List members from other identity providers' },
  }),
  'member.add': defineOperation({
    ...common,
    method: 'POST',
    path: '/v1/members',
    summary: 'Let somebody, or a group, of an OpenID Connect issuer into the project',
    access: 'admin',
    body: MemberCreate,
    success: { status: 201, schema: Member },
    write: true,
    sessionOnly: true,
    idempotent: true,
    errors: ['member_exists', 'quota_exceeded'],
    cli: { command: 'member add', summary: 'Let somebody of another identity provider in' },
  }),
  'member.remove': defineOperation({
    ...common,
    method: 'DELETE',
    path: '/v1/members/{memberId}',
    summary: 'Let a member in no more',
    description: 'Ends at once every session that was begun by it, and every token for programs that was made in one.',
    access: 'admin',
    params: Type.Object({ memberId: Type.String() }),
    success: { status: 204 },
    write: true,
    sessionOnly: true,
    idempotent: true,
    errors: [],
    cli: { command: 'member remove', summary: 'Remove a member' },
  }),
};
