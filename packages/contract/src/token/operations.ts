import { Type } from 'typebox';
import { page, pageQuery } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { NewToken, Token, TokenCreate } from './schema.ts';

const params = Type.Object({ tokenId: Type.String() });

export const tokenOperations = {
  'token.list': defineOperation({
    method: 'GET',
    path: '/v1/tokens',
    summary: 'Your tokens for programs, the newest first; for administrators those of the whole project',
    tag: 'token',
    access: 'viewer',
    query: Type.Object({ ...pageQuery }, { additionalProperties: false }),
    success: { status: 200, schema: page(Token) },
    errors: [],
    cli: { command: 'token list', summary: 'List tokens' },
  }),
  'token.create': defineOperation({
    method: 'POST',
    path: '/v1/tokens',
    summary: 'Make a token for a program',
    description:
      'The token is in this answer only. It has your role at most, and no rights of a provider. Tokens cannot make tokens.',
    tag: 'token',
    access: 'viewer',
    body: TokenCreate,
    success: { status: 201, schema: NewToken },
    write: true,
    secret: true,
    sessionOnly: true,
    idempotent: true,
    errors: ['quota_exceeded'],
    cli: { command: 'token create', summary: 'Make a token for a program' },
  }),
  'token.get': defineOperation({
    method: 'GET',
    path: '/v1/tokens/{tokenId}',
    summary: 'One token, without its secret',
    tag: 'token',
    access: 'viewer',
    params,
    success: { status: 200, schema: Token },
    errors: [],
    cli: { command: 'token get', summary: 'Show a token' },
  }),
  'token.revoke': defineOperation({
    method: 'DELETE',
    path: '/v1/tokens/{tokenId}',
    summary: 'Make a token useless at once; streams that were opened with it end within half a minute',
    description: 'The entry stays in the list. Doing it again changes nothing.',
    tag: 'token',
    access: 'viewer',
    params,
    success: { status: 204 },
    write: true,
    idempotent: true,
    errors: [],
    cli: { command: 'token revoke', summary: 'Make a token useless' },
  }),
};
