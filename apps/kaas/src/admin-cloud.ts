import { readFile } from 'node:fs/promises';
import { type Cloud, connectCloud, grantRoles, type Project } from '@matryoshka/openstack';
import { TypedError } from '@matryoshka/system';
import type { AdminFile } from './openrc.ts';

/** How the administrator of the one-machine edition logs in. Throws TypedError `no_platform`. */
export async function readAdminFile(file: string): Promise<AdminFile> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as AdminFile;
  } catch (error) {
    throw new TypedError(`${file} cannot be read: there is no platform here, or you are not root`, {
      code: 'no_platform',
      actor: 'user',
      next: 'Run as root: kaas up',
      cause: error,
    });
  }
}

/** The cloud as its administrator; no call is made yet. */
export function adminCloud(admin: AdminFile): Cloud {
  const domain = { name: admin.domain };
  return connectCloud({
    authUrl: admin.authUrl,
    region: admin.region,
    credentials: {
      method: 'password',
      user: { name: admin.username, domain },
      password: admin.password,
      scope: { project: { name: admin.project, domain } },
    },
  });
}

/** Gives the administrator the role admin in a project, so that it can work there. Throws TypedError `unknown_project` that names those there are. */
export async function enterProject(cloud: Cloud, name: string, signal: AbortSignal): Promise<Project> {
  const projects = await cloud.keystone.projects.list({}, signal);
  const project = projects.find((candidate) => candidate.name === name);
  if (project === undefined)
    throw new TypedError(`There is no project ${name}`, {
      code: 'unknown_project',
      actor: 'user',
      next: `Choose one of: ${projects.map((candidate) => candidate.name).join(', ')}.`,
    });
  const { user } = (await cloud.session.token(signal)).info;
  await grantRoles(cloud.keystone, { projectId: project.id, userId: user.id }, ['admin'], signal);
  return project;
}
