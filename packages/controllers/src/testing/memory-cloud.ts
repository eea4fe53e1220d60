import { randomUUID } from 'node:crypto';
import { type Cloud, type Credentials, OpenStackError } from '@matryoshka/openstack';

interface User {
  readonly id: string;
  readonly name: string;
  password: string;
  readonly roles: Set<string>;
  readonly credentials: Map<string, { readonly id: string; readonly name: string; readonly secret: string }>;
}

export interface MemoryCloud {
  readonly cloud: Cloud;
  readonly connect: (credentials: Credentials) => Cloud;
  readonly users: ReadonlyMap<string, User>;
  /** Nova's fault of every server that is asked for, and what its console shows. */
  readonly said: { fault?: string; console?: string };
  /** Load balancers by id. */
  readonly loadBalancers: Map<string, { readonly id: string; readonly name: string; readonly project_id: string }>;
}

function refuse(status: number, message: string): never {
  throw new OpenStackError(message, { service: 'identity', status, method: 'GET', url: 'http://cloud.test/v3' });
}

/**
 * The few calls that the cluster controller makes to OpenStack, with Keystone's rules that matter: unique names, credentials belong to their
 * user and go with it, only a logged-in user makes its own. `before` is called before every change and may throw.
 */
export function createMemoryCloud(before: (what: string) => void): MemoryCloud {
  const users = new Map<string, User>();
  const loadBalancers: MemoryCloud['loadBalancers'] = new Map();
  const said: MemoryCloud['said'] = {};
  const userOf = (id: string): User => users.get(id) ?? refuse(404, 'no such user');

  const keystoneFor = (self: string | undefined) => ({
    users: {
      list: async ({ name }: { readonly name?: string } = {}) =>
        [...users.values()].filter((user) => name === undefined || user.name === name),
      create: async ({ name, password }: { readonly name: string; readonly password: string }) => {
        before('create user');
        if ([...users.values()].some((user) => user.name === name)) refuse(409, 'user exists');
        const user = { id: randomUUID(), name, password, roles: new Set<string>(), credentials: new Map() };
        users.set(user.id, user);
        return user;
      },
      update: async (id: string, { password }: { readonly password: string }) => {
        before('update user');
        userOf(id).password = password;
      },
      delete: async (id: string) => {
        before('delete user');
        users.delete(id);
      },
    },
    roles: {
      list: async () => [
        { id: 'r1', name: 'member' },
        { id: 'r2', name: 'load-balancer_member' },
        { id: 'r3', name: 'admin' },
      ],
    },
    grantProjectRole: async (_project: string, id: string, role: string) => {
      before(`grant ${role}`);
      userOf(id).roles.add(role);
    },
    applicationCredentials: (id: string) => ({
      list: async () => [...userOf(id).credentials.values()],
      create: async ({ name, secret }: { readonly name: string; readonly secret: string }) => {
        before('create application credential');
        const user = userOf(id);
        if (self !== id || !user.roles.has('r1')) refuse(403, 'not yours');
        if ([...user.credentials.values()].some((credential) => credential.name === name)) refuse(409, 'exists');
        const credential = { id: randomUUID(), name, secret };
        user.credentials.set(credential.id, credential);
        return credential;
      },
      delete: async (credentialId: string) => {
        before('delete application credential');
        userOf(id).credentials.delete(credentialId);
      },
    }),
  });

  const cloudOf = (credentials: Credentials | undefined): Cloud => {
    const self = credentials?.method === 'password' && 'id' in credentials.user ? credentials.user.id : undefined;
    return {
      session: {
        token: async () => {
          if (
            credentials?.method === 'password' &&
            self !== undefined &&
            userOf(self).password !== credentials.password
          )
            refuse(401, 'wrong password');
          return {};
        },
      },
      keystone: keystoneFor(self),
      neutron: { floatingIps: { list: async () => [], delete: async () => undefined } },
      nova: {
        servers: { find: async () => (said.fault === undefined ? undefined : { fault: { message: said.fault } }) },
        consoleLog: async () => said.console ?? '',
      },
      octavia: {
        loadBalancers: {
          list: async () =>
            [...loadBalancers.values()].map((one) => ({ ...one, provisioning_status: 'ACTIVE', vip_port_id: 'p' })),
          deleteCascade: async (id: string) => {
            before('delete load balancer');
            loadBalancers.delete(id);
          },
        },
      },
      // Only what the controller calls exists here: a call to anything else fails the test.
    } as unknown as Cloud;
  };
  return { cloud: cloudOf(undefined), connect: cloudOf, users, said, loadBalancers };
}
