export {
  type Cinder,
  type CreateVolume,
  type CreateVolumeSnapshot,
  cinder,
  type Volume,
  type VolumeQuota,
  type VolumeSnapshot,
  type VolumeType,
} from './cinder/cinder.ts';
export { type Cloud, connectCloud } from './cloud.ts';
export {
  type CreateImage,
  type Glance,
  glance,
  type Image,
  type ImagePatch,
  type ImageStatus,
} from './glance/glance.ts';
export { inspectToken } from './keystone/inspect-token.ts';
export {
  type CreateApplicationCredential,
  type CreateProject,
  type CreateUser,
  type Keystone,
  keystone,
} from './keystone/keystone.ts';
export { ensureProject, grantRoles, memberRoles } from './keystone/membership.ts';
export type { ApplicationCredential, Domain, Project, Role, RoleAssignment, User } from './keystone/types.ts';
export {
  type CreateFloatingIp,
  type CreateNetwork,
  type CreatePort,
  type CreateRouter,
  type CreateSecurityGroupRule,
  type CreateSubnet,
  type Neutron,
  neutron,
  type TaggedCollection,
} from './neutron/neutron.ts';
export type {
  FixedIp,
  FloatingIp,
  Network,
  NetworkQuota,
  Port,
  Router,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
} from './neutron/types.ts';
export { type CreateFlavor, computeMicroversion, type Nova, nova } from './nova/nova.ts';
export type {
  ComputeLimits,
  ComputeQuota,
  CreateServer,
  Flavor,
  Keypair,
  Server,
  ServerAddress,
  ServerGroup,
  ServerStatus,
} from './nova/types.ts';
export { type CreateLoadBalancer, type LoadBalancer, type Octavia, octavia } from './octavia/octavia.ts';
export {
  faultMessage,
  isOpenStackError,
  OpenStackError,
  type OpenStackService,
  orUndefined,
} from './transport/errors.ts';
export type { HttpResponse, Method, Query } from './transport/http.ts';
export type { Resource } from './transport/resource.ts';
export {
  type AuthenticatedToken,
  type CallOptions,
  type CatalogEntry,
  type Credentials,
  createSession,
  type DomainRef,
  type Scope,
  type Session,
  type SessionOptions,
  type TokenInfo,
} from './transport/session.ts';
