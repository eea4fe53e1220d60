import type { AuthMethods, ClusterOidcIssuer, Member, Token } from '@matryoshka/contract';
import type { View } from './format.ts';
import { formatAge } from './table.ts';

export const clusterIssuerView: View<ClusterOidcIssuer> = {
  name: (issuer) => issuer.name,
  columns: [
    { head: 'NAME', cell: (issuer) => issuer.name },
    { head: 'URL', cell: (issuer) => issuer.url },
    { head: 'AUDIENCES', cell: (issuer) => issuer.audiences.join(',') },
    { head: 'USERS', cell: (issuer) => `${issuer.usernamePrefix}<${issuer.usernameClaim}>` },
    {
      head: 'GROUPS',
      cell: ({ groupsClaim, groupsPrefix }) => (groupsClaim === null ? '' : `${groupsPrefix}<${groupsClaim}>`),
    },
  ],
};

export const issuerView: View<AuthMethods['oidc'][number]> = {
  name: (issuer) => issuer.name,
  columns: [
    { head: 'NAME', cell: (issuer) => issuer.name },
    { head: 'TITLE', cell: (issuer) => issuer.title },
    { head: 'ISSUER', cell: (issuer) => issuer.issuer },
  ],
};

export const memberView = (now: Date): View<Member> => ({
  name: (member) => member.id,
  columns: [
    { head: 'ID', cell: (member) => member.id },
    { head: 'ISSUER', cell: (member) => member.issuer },
    { head: 'KIND', cell: (member) => member.kind },
    { head: 'VALUE', cell: (member) => member.value },
    { head: 'ROLE', cell: (member) => member.role },
    { head: 'AGE', cell: (member) => formatAge(member.createdAt, now) },
    { head: 'ADDED BY', cell: (member) => member.createdBy, wide: true },
  ],
});

export const tokenView = (now: Date): View<Token> => ({
  name: (token) => token.id,
  columns: [
    { head: 'NAME', cell: (token) => token.name },
    { head: 'ID', cell: (token) => token.id },
    { head: 'USER', cell: (token) => token.user.name },
    { head: 'ROLE', cell: (token) => token.role },
    { head: 'FOR', cell: (token) => (token.clusterIds === null ? 'the project' : token.clusterIds.join(',')) },
    { head: 'STATE', cell: (token) => token.state },
    { head: 'USED', cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : `${formatAge(lastUsedAt, now)} ago`) },
    { head: 'UNTIL', cell: (token) => token.expiresAt },
  ],
});
