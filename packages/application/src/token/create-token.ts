import type { TokenCreate } from '@matryoshka/contract';
import { collectViolations, type Violation } from '@matryoshka/domain';
import { type Caller, isAllowed } from '../access/authorize.ts';

const dayMs = 86_400_000;
const defaultLifeMs = 90 * dayMs;
const longestLifeMs = 365 * dayMs;
/** Usable ones of one person in one project. */
export const mostTokens = 50;

/** What a new token gets that its maker did not say. */
export function tokenDefaults(
  body: TokenCreate,
  caller: Caller,
  now: Date,
): { readonly role: Caller['role']; readonly expiresAt: Date; readonly clusterIds: readonly string[] | null } {
  return {
    role: body.role ?? caller.role,
    expiresAt: body.expiresAt === undefined ? new Date(now.getTime() + defaultLifeMs) : new Date(body.expiresAt),
    clusterIds: body.clusterIds ?? null,
  };
}

/** Rules for a new token. `known` are the clusters of the project, `usable` the maker's tokens that can still be used. */
export function validateToken(
  body: unknown,
  caller: Pick<Caller, 'role'>,
  facts: { readonly known: readonly string[]; readonly usable: number; readonly now: Date },
): readonly Violation[] {
  return collectViolations((report) => {
    if (typeof body !== 'object' || body === null) return;
    const { role, clusterIds, expiresAt } = body as Readonly<Record<string, unknown>>;
    if (facts.usable >= mostTokens) report('', 'too_many_tokens', `you have ${facts.usable} tokens; revoke some first`);
    if (typeof role === 'string' && !isAllowed(role as Caller['role'], caller.role))
      report('/role', 'role_too_high', `you are ${caller.role} yourself`, caller.role);
    if (typeof expiresAt === 'string') {
      const life = Date.parse(expiresAt) - facts.now.getTime();
      if (Number.isNaN(life)) report('/expiresAt', 'invalid_time', 'must be a time like 2026-12-24T18:00:00Z');
      else if (life <= 0) report('/expiresAt', 'expiry_in_the_past', 'must lie in the future');
      else if (life > longestLifeMs) report('/expiresAt', 'expiry_too_late', 'must lie within a year');
    }
    if (Array.isArray(clusterIds))
      for (const [index, id] of clusterIds.entries())
        if (typeof id === 'string' && !facts.known.includes(id))
          report(`/clusterIds/${index}`, 'unknown_cluster', 'is no cluster of this project');
  });
}
