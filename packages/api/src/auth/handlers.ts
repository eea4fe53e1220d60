import { KaasError, refuseViolations } from '@matryoshka/application';
import type { Session } from '@matryoshka/contract';
import type { ApiContext } from '../context.ts';
import type { Incoming, PlainHandlers } from '../http/incoming.ts';
import { noSessionCookie, sessionCookie } from '../http/session-cookie.ts';
import { logInByOidc } from './oidc/login.ts';
import { logIn, logOut } from './sessions.ts';

/** Longest time that a login may take, over all calls to Keystone. */
const loginTimeoutMs = 25_000;

type Ids = 'auth.methods' | 'auth.login' | 'auth.browser-login' | 'auth.logout' | 'me.get';

/** Begins a session for whoever proves who they are. Only a refusal of the credentials counts as a guess that failed. */
async function begin(context: ApiContext, incoming: Incoming<'auth.login'>): Promise<Session> {
  const { pool, prove, oidc, secretBox, providerProject, loginLimit, now } = context;
  const { body, shape, remoteAddress, requestId } = incoming;
  refuseViolations(shape);
  const giveBack = loginLimit.take(remoteAddress, now());
  try {
    const circumstances = { provider: providerProject, secretBox, now: now(), requestId, remoteAddress };
    const session =
      body.method === 'oidc'
        ? await logInByOidc(pool, oidc, body, circumstances)
        : await logIn(pool, prove, body, circumstances, AbortSignal.timeout(loginTimeoutMs));
    giveBack();
    return session;
  } catch (error) {
    if (!(error instanceof KaasError && error.code === 'login_failed')) giveBack();
    throw error;
  }
}

export const authHandlers: Pick<PlainHandlers, Ids> = {
  'auth.methods': async ({ oidc }) => ({ data: { keystone: true, oidc: [...oidc.methods] } }),
  'auth.login': async (context, incoming) => ({ data: await begin(context, incoming) }),
  'auth.browser-login': async (context, incoming) => {
    const { token, ...data } = await begin(context, incoming);
    return { data, cookie: sessionCookie(token, new Date(data.expiresAt), context.now()) };
  },
  'auth.logout': async ({ pool }, { caller, authorization }) => {
    await logOut(pool, caller, authorization);
    // Whether it had one or not.
    return { data: undefined, cookie: noSessionCookie };
  },
  'me.get': async (_context, { caller }) => ({
    data: {
      user: { id: caller.userId, name: caller.userName },
      project: { id: caller.projectId, name: caller.projectName },
      role: caller.role,
      provider: caller.isProvider,
      expiresAt: caller.expiresAt.toISOString(),
      via: caller.tokenId === null ? 'session' : 'token',
      clusterIds: caller.clusterIds === null ? null : [...caller.clusterIds],
    },
  }),
};
