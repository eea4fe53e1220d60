import { randomUUID } from 'node:crypto';
import { type CheckIdentity, isAllowed, KaasError } from '@matryoshka/application';
import { roleFromKeystone } from '@matryoshka/domain';
import {
  claimSessionsToCheck,
  deleteSession,
  inProject,
  insertAuditRecord,
  type Pool,
  type SecretBox,
  type SessionToCheck,
  secretContexts,
} from '@matryoshka/postgres';
import { errorMessage, type Logger, repeatedly } from '@matryoshka/system';
import { isProviderAdmin, type ProviderProject } from './sessions.ts';

export interface RevalidationOptions {
  readonly pool: Pool;
  readonly secretBox: SecretBox;
  readonly check: CheckIdentity;
  readonly provider: ProviderProject;
  /** Each session is asked about so often. */
  readonly everyMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** So many at a time; Keystone is asked about one after the other. */
const batch = 50;
/** Nobody waits for an answer, so a slow Keystone is given time. */
const askTimeoutMs = 15_000;

/**
 * Ends sessions whose login does not hold any more, until the signal aborts: the user was disabled, has lost the role in the project, or has a
 * lower one now. When Keystone does not answer nothing is ended. Several processes may do so at once: each session is asked about by one.
 */
export async function runRevalidation(options: RevalidationOptions): Promise<void> {
  const { everyMs, log, signal } = options;
  const failed = (error: unknown): void => {
    if (!signal.aborted) log.warn({ reason: errorMessage(error) }, 'sessions could not be looked at again');
  };
  await repeatedly({ intervalMs: Math.max(everyMs / 4, 20), signal, failed }, async () => await lookAtDue(options));
}

async function lookAtDue(options: RevalidationOptions): Promise<void> {
  const { pool, everyMs, signal, log } = options;
  for (;;) {
    const sessions = await claimSessionsToCheck(pool, { limit: batch, afterMs: everyMs });
    for (const session of sessions) {
      if (signal.aborted) return;
      try {
        await revalidate(options, session);
      } catch (error) {
        if (error instanceof KaasError && error.code === 'identity_unavailable') throw error;
        // One that cannot be read must not keep the others from being looked at.
        log.error({ err: error, userId: session.userId }, 'a session could not be looked at again');
      }
    }
    if (sessions.length < batch) return;
  }
}

async function revalidate(options: RevalidationOptions, session: SessionToCheck): Promise<void> {
  const { pool, secretBox, check, signal, log } = options;
  const proof = await secretBox.open(session.proof, secretContexts.proof(session.tokenHash));
  const valid = await check(proof, AbortSignal.any([signal, AbortSignal.timeout(askTimeoutMs)]));
  const reason = whyEnded(session, valid, options.provider);
  if (reason === undefined) return;
  const { projectId, userId, userName } = session;
  const requestId = `revalidation-${randomUUID()}`;
  await inProject(pool, { projectId, clusterIds: null }, async (tx) => {
    await deleteSession(tx, session.tokenHash);
    const who = { projectId, userId, userName, requestId, remoteAddress: '' };
    await insertAuditRecord(tx, { ...who, action: 'auth.session_ended', resource: userId, after: { reason } });
  });
  log.info({ userId, projectId, requestId, reason }, 'a session ended');
}

function whyEnded(
  session: SessionToCheck,
  valid: Awaited<ReturnType<CheckIdentity>>,
  provider: ProviderProject,
): string | undefined {
  if (valid === undefined) return 'the login does not hold any more';
  const role = roleFromKeystone(valid.roles);
  if (role === undefined || !isAllowed(session.role, role)) return `the role is ${role ?? 'none'} now`;
  if (session.isProvider && !isProviderAdmin(valid, provider)) return 'no administrator of the provider any more';
  return undefined;
}
