import { KaasError, refuseViolations } from '@matryoshka/application';
import type { PlainHandlers } from '../http/incoming.ts';
import { logInByOidc } from './oidc/login.ts';
import { logIn, logOut } from './sessions.ts';

/** Longest time that a login may take, over all calls to Keystone. */
const loginTimeoutMs = 25_000;

export const authHandlers: Pick<PlainHandlers, 'auth.methods' | 'auth.login' | 'auth.logout' | 'me.get'> = {
  'auth.methods': async ({ oidc }) => ({ data: { keystone: true, oidc: [...oidc.methods] } }),
  'auth.login': async ({ pool, prove, oidc, secretBox, providerProject, loginLimit, now }, incoming) => {
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
      return { data: session };
    } catch (error) {
      // Only a refusal of the credentials is a guess that failed.
      if (!(error instanceof KaasError && error.code === 'login_failed')) giveBack();
      throw error;
    }
  },
  'auth.logout': async ({ pool }, { caller, authorization }) => {
    await logOut(pool, caller, authorization);
    return { data: undefined };
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
