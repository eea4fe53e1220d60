import type { World } from './world.ts';
import { absentId, password } from './world.ts';

const domain = { id: 'default' };

export async function keystone({ admin, red, nobody }: World): Promise<void> {
  await nobody.ask('identity', 'list versions', 'GET', '/');
  await nobody.ask('identity', 'show version', 'GET', '/v3');
  await nobody.ask('identity', 'list projects without a token', 'GET', '/v3/projects');
  await tokens({ admin, red, nobody });
  await projectsAndRoles({ admin, red });
  await applicationCredentials({ red, nobody });
  await admin.ask('identity', 'list services', 'GET', '/v3/services?type=compute');
  await admin.ask('identity', 'list endpoints', 'GET', '/v3/endpoints?interface=public');
  await admin.ask('identity', 'list regions', 'GET', '/v3/regions');
  await admin.ask('identity', 'list domains', 'GET', '/v3/domains');
  await admin.ask('identity', 'show domain', 'GET', '/v3/domains/default');
  await red.ask('identity', 'unknown path', 'GET', '/v3/nonsense');
}

async function tokens({ admin, red, nobody }: Pick<World, 'admin' | 'red' | 'nobody'>): Promise<void> {
  const user = { name: 'scenario-red', domain, password };
  const byPassword = (given: object, scope?: unknown) => ({
    auth: { identity: { methods: ['password'], password: { user: given } }, ...(scope === undefined ? {} : { scope }) },
  });
  const scope = { project: { name: 'scenario-red', domain } };
  const post = async (name: string, json: unknown) =>
    await nobody.ask('identity', name, 'POST', '/v3/auth/tokens', { json });
  await post('token with a wrong password', byPassword({ ...user, password: 'wrong' }, scope));
  await post('token of an absent user', byPassword({ ...user, name: 'nobody-of-this-name' }, scope));
  await post('token for an absent project', byPassword(user, { project: { name: 'no-such-project', domain } }));
  await post('token for a project without a role', byPassword(user, { project: { name: 'scenario-blue', domain } }));
  await post('token without identity', { auth: {} });
  await post('token with broken JSON', '{"auth":');
  await post('unscoped token', byPassword(user, 'unscoped'));
  const { headers } = await post('token of a project', byPassword(user, scope));
  const subject = { headers: { 'x-subject-token': headers.get('x-subject-token') ?? '' } };
  await post('token from a token', {
    auth: { identity: { methods: ['token'], token: { id: headers.get('x-subject-token') } }, scope },
  });
  await red.ask('identity', 'show token', 'GET', '/v3/auth/tokens?nocatalog', subject);
  await red.ask('identity', 'check token', 'HEAD', '/v3/auth/tokens', subject);
  await red.ask('identity', 'list own projects', 'GET', '/v3/auth/projects');
  await red.ask('identity', 'list own domains', 'GET', '/v3/auth/domains');
  await red.ask('identity', 'show an unknown token', 'GET', '/v3/auth/tokens', { headers: { 'x-subject-token': 'x' } });
  await red.ask('identity', 'revoke token', 'DELETE', '/v3/auth/tokens', subject);
  await admin.ask('identity', 'show a revoked token', 'GET', '/v3/auth/tokens', subject);
}

async function projectsAndRoles({ admin, red }: Pick<World, 'admin' | 'red'>): Promise<void> {
  const project = { name: 'scenario-extra', description: 'of the scenario', domain_id: 'default' };
  const made = await admin.ask('identity', 'create project', 'POST', '/v3/projects', { json: { project } });
  const path = `/v3/projects/${made.id}`;
  await admin.ask('identity', 'create project of the same name', 'POST', '/v3/projects', { json: { project } });
  await admin.ask('identity', 'create project without a name', 'POST', '/v3/projects', { json: { project: {} } });
  await admin.ask('identity', 'list projects by name', 'GET', '/v3/projects?name=scenario-extra');
  await admin.ask('identity', 'show project', 'GET', path);
  await admin.ask('identity', 'update project', 'PATCH', path, {
    json: { project: { description: 'new', enabled: false } },
  });
  await admin.ask('identity', 'show absent project', 'GET', '/v3/projects/0123456789abcdef0123456789abcdef');
  await red.ask('identity', 'list projects as a member', 'GET', '/v3/projects');
  await red.ask('identity', 'create project as a member', 'POST', '/v3/projects', { json: { project } });
  const user = { name: 'scenario-extra', password, domain_id: 'default', email: 'a@b.example' };
  const madeUser = await admin.ask('identity', 'create user', 'POST', '/v3/users', { json: { user } });
  await admin.ask('identity', 'create user of the same name', 'POST', '/v3/users', { json: { user } });
  await admin.ask('identity', 'list users by name', 'GET', '/v3/users?name=scenario-extra');
  await admin.ask('identity', 'show user', 'GET', `/v3/users/${madeUser.id}`);
  await admin.ask('identity', 'update user', 'PATCH', `/v3/users/${madeUser.id}`, {
    json: { user: { enabled: false } },
  });
  await red.ask('identity', 'show another user as a member', 'GET', `/v3/users/${madeUser.id}`);
  await red.ask('identity', 'show own user', 'GET', `/v3/users/${red.userId}`);
  const role = await admin.ask('identity', 'list roles by name', 'GET', '/v3/roles?name=member');
  const grant = `${path}/users/${madeUser.id}/roles/${role.id}`;
  await admin.ask('identity', 'check an absent grant', 'HEAD', grant);
  await admin.ask('identity', 'grant role', 'PUT', grant);
  await admin.ask('identity', 'check grant', 'HEAD', grant);
  await admin.ask('identity', 'list grants', 'GET', `${path}/users/${madeUser.id}/roles`);
  await admin.ask(
    'identity',
    'list assignments',
    'GET',
    `/v3/role_assignments?scope.project.id=${made.id}&include_names`,
  );
  await admin.ask('identity', 'revoke grant', 'DELETE', grant);
  await admin.ask('identity', 'grant absent role', 'PUT', `${path}/users/${madeUser.id}/roles/${absentId}`);
  await admin.ask('identity', 'delete user', 'DELETE', `/v3/users/${madeUser.id}`);
  await admin.ask('identity', 'delete project', 'DELETE', path);
  await admin.ask('identity', 'delete absent project', 'DELETE', path);
}

async function applicationCredentials({ red, nobody }: Pick<World, 'red' | 'nobody'>): Promise<void> {
  const path = `/v3/users/${red.userId}/application_credentials`;
  const credential = { name: 'scenario', description: 'd', roles: [{ name: 'member' }] };
  const json = { application_credential: credential };
  const made = await red.ask('identity', 'create application credential', 'POST', path, { json });
  await red.ask('identity', 'create application credential of the same name', 'POST', path, { json });
  await red.ask('identity', 'create application credential with a foreign role', 'POST', path, {
    json: { application_credential: { name: 'other', roles: [{ name: 'admin' }] } },
  });
  await red.ask('identity', 'list application credentials', 'GET', path);
  await red.ask('identity', 'show application credential', 'GET', `${path}/${made.id}`);
  const login = async (name: string, secret: unknown) =>
    await nobody.ask('identity', name, 'POST', '/v3/auth/tokens?nocatalog', {
      json: {
        auth: {
          identity: { methods: ['application_credential'], application_credential: { id: made.id, secret } },
        },
      },
    });
  await login('token by application credential', made.body.application_credential?.secret);
  await login('token by application credential with a wrong secret', 'wrong');
  await red.ask('identity', 'delete application credential', 'DELETE', `${path}/${made.id}`);
  await red.ask('identity', 'show deleted application credential', 'GET', `${path}/${made.id}`);
  await login('token by deleted application credential', 'any');
}
