import { chooseProject, KaasError } from '@matryoshka/application';
import type { OidcLogin, Session } from '@matryoshka/contract';
import { highestRole } from '@matryoshka/domain';
import { hasSqlState, type Membership, membershipsOf, type Pool } from '@matryoshka/postgres';
import { beginSession, type Circumstances, type ProviderProject } from '../sessions.ts';
import type { Oidc, Verified } from './issuers.ts';

/**
 * Begins a session for somebody whom an issuer vouches for, in a project that has them as a member. It ends with the member, or after the time
 * the provider gave the issuer. Throws what `verify` throws, and `no_role` and `project_required`.
 */
export async function logInByOidc(
  pool: Pool,
  oidc: Oidc,
  request: OidcLogin,
  circumstances: Circumstances & { readonly provider: ProviderProject },
): Promise<Session> {
  const { now, provider } = circumstances;
  const verified = await oidc.verify(request, now);
  const { issuer, subject, email, groups, name } = verified;
  const memberships = await membershipsOf(pool, { issuer: issuer.name, subject, email, groups });
  if (memberships.length === 0) throw nobody(verified);
  const projects = projectsOf(memberships);
  const project = chooseProject(projects, request.project);
  const here = memberships.filter(({ projectId }) => projectId === project.id);
  const highest = highestRole(here.map(({ role }) => role));
  const best = here.find(({ role }) => role === highest);
  if (best === undefined) throw nobody(verified);
  const isProvider =
    best.role === 'admin' &&
    best.projectName === provider.name &&
    best.domainId === provider.domainId &&
    issuer.providerGroups.some((group) => groups.includes(group));
  const proven = {
    user: { id: `oidc:${issuer.name}:${subject}`, name },
    project,
    projects,
    role: best.role,
    isProvider,
    expiresAt: new Date(now.getTime() + issuer.sessionMs),
    memberId: best.memberId,
    seal: async () => null,
    about: { method: request.method, issuer: issuer.name, role: best.role, memberId: best.memberId },
  };
  try {
    return await beginSession(pool, proven, circumstances);
  } catch (error) {
    // 23503: the member was removed meanwhile.
    throw hasSqlState(error, '23503') ? nobody(verified) : error;
  }
}

function projectsOf(memberships: readonly Membership[]): readonly { readonly id: string; readonly name: string }[] {
  return [...new Map(memberships.map(({ projectId, projectName }) => [projectId, projectName]))].map(([id, name]) => ({
    id,
    name,
  }));
}

function nobody({ issuer, subject, email, groups }: Verified): KaasError {
  const known = [
    `subject ${subject}`,
    email === undefined ? 'no verified address' : `address ${email}`,
    groups.length === 0 ? 'no groups' : `groups ${groups.join(', ')}`,
  ];
  const claim = email === undefined ? `--subject ${subject}` : `--email ${email}`;
  return new KaasError('no_role', `No project has you as a member (${issuer.name}: ${known.join('; ')}).`, {
    next: `Ask an administrator of a project for: kaas member add ${issuer.name} ${claim} --role viewer|operator|admin.`,
  });
}
