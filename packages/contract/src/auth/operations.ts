import { Type } from 'typebox';
import { defineOperation } from '../operation-definition.ts';
import { AuthMethods, BrowserSession, LoginRequest, Me, Session } from './schema.ts';

export const authOperations = {
  'auth.methods': defineOperation({
    method: 'GET',
    path: '/v1/auth/methods',
    summary: 'By which identity providers one can log in',
    tag: 'auth',
    access: 'public',
    query: Type.Object({}, { additionalProperties: false }),
    success: { status: 200, schema: AuthMethods },
    errors: [],
    cli: { command: 'login', summary: 'List the identity providers (--list)' },
  }),
  'auth.login': defineOperation({
    method: 'POST',
    path: '/v1/auth/login',
    summary: 'Exchange OpenStack credentials, or an ID token of an OpenID Connect issuer, for a token of this service',
    tag: 'auth',
    access: 'public',
    body: LoginRequest,
    success: { status: 200, schema: Session },
    errors: ['login_failed', 'project_required', 'no_role', 'rate_limited', 'identity_unavailable'],
    cli: { command: 'login', summary: 'Log in with your OpenStack account' },
  }),
  'auth.browser-login': defineOperation({
    method: 'POST',
    path: '/v1/auth/browser-login',
    summary: 'Log a browser in: its session is a cookie that no script can read',
    description:
      'The cookie counts for pages of this service only (`Sec-Fetch-Site`, else `Origin`); whatever else comes with it is answered as without a session. Programs use `POST /v1/auth/login`.',
    tag: 'auth',
    access: 'public',
    body: LoginRequest,
    success: { status: 200, schema: BrowserSession },
    errors: ['login_failed', 'project_required', 'no_role', 'rate_limited', 'identity_unavailable'],
    cli: { command: 'login', summary: 'For browsers' },
  }),
  'auth.logout': defineOperation({
    method: 'POST',
    path: '/v1/auth/logout',
    summary: 'Make the token of this request invalid',
    tag: 'auth',
    access: 'authenticated',
    success: { status: 204 },
    sessionOnly: true,
    errors: [],
    cli: { command: 'logout', summary: 'Make the stored token invalid' },
  }),
  'me.get': defineOperation({
    method: 'GET',
    path: '/v1/me',
    summary: 'Who am I, in which project, with which role',
    tag: 'auth',
    access: 'authenticated',
    success: { status: 200, schema: Me },
    errors: [],
    cli: { command: 'whoami', summary: 'Show user, project and role' },
  }),
};
