export { keystoneIdentity } from './auth/keystone-identity.ts';
export type { LoginLimitOptions } from './auth/login-limit.ts';
export type { OidcIssuer } from './auth/oidc/issuers.ts';
export { type Issuer, type IssuerOptions, startIssuer } from './credential/issuer.ts';
export type { EventStreamTimes } from './event/stream.ts';
export { type ApiMetrics, createApiMetrics } from './metrics.ts';
export { type Api, type ApiOptions, createApi } from './server.ts';
