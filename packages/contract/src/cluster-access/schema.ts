import { type Static, Type } from 'typebox';

const text = (description: string, more: object = {}) =>
  Type.String({ minLength: 1, maxLength: 255, description, ...more });
const strict = { additionalProperties: false };

const required = {
  name: Type.String({ description: 'Yours for it: 1 to 30 of a-z, 0-9 and -' }),
  url: Type.String({ maxLength: 1024, description: 'Issuer identifier; https, an address on the Internet' }),
  audiences: Type.Array(text('Client id'), {
    minItems: 1,
    maxItems: 10,
    description: 'One of them must be in a token',
  }),
};
const claims = {
  usernameClaim: text('Who somebody is', { default: 'sub' }),
  usernamePrefix: text('Put before it; default: the name and a colon'),
  groupsPrefix: text('Put before each group; default: the name and a colon'),
};
const groupsClaim = Type.Union([text('Claim with their groups'), Type.Null()], {
  default: null,
  description: 'Claim with their groups; null: none',
});
const certificateAuthority = Type.Union([Type.String({ maxLength: 65_536 }), Type.Null()], {
  description: 'PEM; null: the well-known authorities',
});
const allowedRanges = Type.Array(Type.String(), {
  description:
    'IPv4 ranges from which the Kubernetes API may be reached; empty: from everywhere. The cluster’s own workers and the service always may',
  examples: [['203.0.113.0/24']],
});

export const ClusterOidcIssuer = Type.Object(
  { ...required, ...claims, groupsClaim, certificateAuthority },
  {
    $id: 'ClusterOidcIssuer',
    ...strict,
    description: 'An OpenID Connect issuer of yours, whose tokens the Kubernetes API takes',
  },
);
export type ClusterOidcIssuer = Static<typeof ClusterOidcIssuer>;

export const ClusterAccess = Type.Object(
  { allowedRanges, oidcIssuers: Type.Array(ClusterOidcIssuer) },
  { $id: 'ClusterAccess', ...strict, description: 'From where, and by whom, the Kubernetes API may be reached' },
);
export type ClusterAccess = Static<typeof ClusterAccess>;

const GivenIssuer = Type.Object(
  {
    ...required,
    usernameClaim: Type.Optional(claims.usernameClaim),
    usernamePrefix: Type.Optional(claims.usernamePrefix),
    groupsClaim: Type.Optional(groupsClaim),
    groupsPrefix: Type.Optional(claims.groupsPrefix),
    certificateAuthority: Type.Optional(certificateAuthority),
  },
  strict,
);

/** Members that are left out stay as they are. */
export const ClusterAccessSettings = Type.Object(
  {
    allowedRanges: Type.Optional(allowedRanges),
    oidcIssuers: Type.Optional(Type.Array(GivenIssuer, { description: 'Instead of those there are' })),
  },
  { $id: 'ClusterAccessSettings', ...strict },
);
export type ClusterAccessSettings = Static<typeof ClusterAccessSettings>;
