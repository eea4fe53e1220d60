import type { Answer, TestCloud } from './instance.ts';

type Json = Readonly<Record<string, unknown>>;

/** A project with a member of its own, and short ways to ask Neutron, Nova, Octavia and Cinder in its name. */
export interface Tenant {
  readonly name: string;
  readonly projectId: string;
  readonly userId: string;
  readonly token: string;
  neutron(method: string, path: string, json?: unknown): Promise<Answer>;
  nova(method: string, path: string, json?: unknown): Promise<Answer>;
  octavia(method: string, path: string, json?: unknown): Promise<Answer>;
  /** `path` follows `/v3/<project>`. */
  cinder(method: string, path: string, json?: unknown): Promise<Answer>;
  /** Creates an object by its wire name (`network`, `security_group_rule`, …) and answers it; the status must be 201. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  make(kind: string, fields: Json): Promise<any>;
}

/** What every test file needs of Neutron's admin: no limits in the way. */
export async function makeTenant(cloud: TestCloud, name: string): Promise<Tenant> {
  const admin = await cloud.token();
  const post = async (path: string, json: unknown) =>
    (await cloud.call('keystone', 'POST', path, { token: admin, json })).body;
  const projectId = (await post('/v3/projects', { project: { name } })).project.id as string;
  const userId = (await post('/v3/users', { user: { name, password: 'pw' } })).user.id as string;
  const roles = (await cloud.call('keystone', 'GET', '/v3/roles?name=member', { token: admin })).body.roles;
  const grant = `/v3/projects/${projectId}/users/${userId}/roles/${roles[0].id}`;
  const granted = await cloud.call('keystone', 'PUT', grant, { token: admin });
  if (granted.status !== 204) throw new Error(`role for ${name}: ${granted.status} ${JSON.stringify(granted.body)}`);
  return await asTenant(cloud, {
    name,
    projectId,
    userId,
    token: await cloud.token({ name, password: 'pw', project: name }),
  });
}

/** The administrator in project admin, as a tenant. */
export async function adminTenant(cloud: TestCloud): Promise<Tenant> {
  const token = await cloud.token();
  const { body } = await cloud.call('keystone', 'GET', '/v3/auth/tokens', {
    token,
    headers: { 'x-subject-token': token },
  });
  return await asTenant(cloud, { name: 'admin', projectId: body.token.project.id, userId: body.token.user.id, token });
}

async function asTenant(
  cloud: TestCloud,
  identity: Pick<Tenant, 'name' | 'projectId' | 'userId' | 'token'>,
): Promise<Tenant> {
  const ask =
    (service: 'neutron' | 'nova' | 'octavia') =>
    async (method: string, path: string, json?: unknown): Promise<Answer> =>
      await cloud.call(service, method, path, { token: identity.token, ...(json === undefined ? {} : { json }) });
  const neutron = ask('neutron');
  return {
    ...identity,
    neutron,
    nova: ask('nova'),
    octavia: ask('octavia'),
    cinder: async (method, path, json) =>
      await cloud.call('cinder', method, `/v3/${identity.projectId}${path}`, {
        token: identity.token,
        headers: { 'openstack-api-version': 'volume 3.70' },
        ...(json === undefined ? {} : { json }),
      }),
    make: async (kind, fields) => {
      const answer = await neutron('POST', `/v2.0/${kind.replaceAll('_', '-')}s`, { [kind]: fields });
      if (answer.status !== 201) throw new Error(`${kind}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body[kind];
    },
  };
}
