import { type Static, Type } from 'typebox';
import { Timestamp } from '../common.ts';
import { roles } from '../operation-definition.ts';
import { Project } from '../project/schema.ts';

const projectChoice = {
  project: Type.Optional(Type.String({ description: 'Name or id; needed when you have more than one' })),
  projectDomain: Type.Optional(Type.String({ description: 'Domain of the project, default: that of the user' })),
};

export const PasswordLogin = Type.Object(
  {
    method: Type.Literal('password'),
    user: Type.String({ minLength: 1 }),
    userDomain: Type.Optional(Type.String({ default: 'Default' })),
    password: Type.String(),
    ...projectChoice,
  },
  { $id: 'PasswordLogin', additionalProperties: false },
);
export const TokenLogin = Type.Object(
  {
    method: Type.Literal('token', { description: 'A Keystone token you already have' }),
    token: Type.String({ minLength: 1 }),
    ...projectChoice,
  },
  { $id: 'TokenLogin', additionalProperties: false },
);
export const ApplicationCredentialLogin = Type.Object(
  {
    method: Type.Literal('application-credential', { description: 'Bound to one project by OpenStack' }),
    id: Type.String({ minLength: 1 }),
    secret: Type.String(),
  },
  { $id: 'ApplicationCredentialLogin', additionalProperties: false },
);
export const OidcLogin = Type.Object(
  {
    method: Type.Literal('oidc', {
      description: 'By an ID token of an OpenID Connect issuer that the provider trusts',
    }),
    issuer: Type.String({ minLength: 1, maxLength: 63, description: 'Its name in `GET /v1/auth/methods`' }),
    idToken: Type.String({ minLength: 1, maxLength: 65_536, description: 'Not older than ten minutes' }),
    project: Type.Optional(Type.String({ description: 'Name or id; needed when you have more than one' })),
  },
  { $id: 'OidcLogin', additionalProperties: false },
);
export type OidcLogin = Static<typeof OidcLogin>;
export const LoginRequest = Type.Union([PasswordLogin, TokenLogin, ApplicationCredentialLogin, OidcLogin], {
  $id: 'LoginRequest',
});
export type LoginRequest = Static<typeof LoginRequest>;
/** With credentials that Keystone proves. */
export type KeystoneLogin = Exclude<LoginRequest, OidcLogin>;

export const AuthMethods = Type.Object(
  {
    keystone: Type.Boolean({ description: 'With an account of OpenStack: always' }),
    oidc: Type.Array(
      Type.Object(
        {
          name: Type.String({ description: 'How requests name it' }),
          title: Type.String({ description: 'How people name it' }),
          issuer: Type.String({ description: 'Issuer identifier (OpenID Connect Discovery 1.0)' }),
          clientId: Type.String({ description: 'Of a public client: authorization code with PKCE, and device code' }),
          scopes: Type.Array(Type.String()),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { $id: 'AuthMethods', additionalProperties: false },
);
export type AuthMethods = Static<typeof AuthMethods>;

export const User = Type.Object(
  { id: Type.String(), name: Type.String() },
  { $id: 'User', additionalProperties: false },
);

const identity = {
  user: User,
  project: Project,
  role: Type.Enum([...roles], {
    description:
      'From your OpenStack roles in the project (admin, manager and member are admin; reader is viewer), or as a member from an OpenID Connect issuer',
  }),
  provider: Type.Boolean({ description: 'May you administer the service itself?' }),
  expiresAt: Timestamp,
};

export const Session = Type.Object(
  {
    token: Type.String({ description: 'Send it as `Authorization: Bearer …`' }),
    ...identity,
    projects: Type.Array(Project, { description: 'All projects you may log in to' }),
  },
  { $id: 'Session', additionalProperties: false },
);
export type Session = Static<typeof Session>;

export const BrowserSession = Type.Object(
  { ...identity, projects: Type.Array(Project, { description: 'All projects you may log in to' }) },
  { $id: 'BrowserSession', additionalProperties: false },
);
export type BrowserSession = Static<typeof BrowserSession>;

export const Me = Type.Object(
  {
    ...identity,
    via: Type.Enum(['session', 'token'], { description: 'Whether you are logged in, or a program with a token' }),
    clusterIds: Type.Union([Type.Array(Type.String()), Type.Null()], {
      description: 'The clusters that the token is for; null: all of the project',
    }),
  },
  { $id: 'Me', additionalProperties: false },
);
export type Me = Static<typeof Me>;
