import { type Cloud, ensureProject, grantRoles, isOpenStackError, type Project } from '@matryoshka/openstack';
import { TypedError } from '@matryoshka/system';
import { managementProject } from './settings.ts';

/** The project of the management servers, with room for them, and the administrator as its member. `admin` is logged in to another project. */
export async function ensureManagementProject(admin: Cloud, signal: AbortSignal): Promise<Project> {
  const wanted = { name: managementProject, domain_id: 'default', description: 'Management cluster of Matryoshka' };
  const project = await ensureProject(admin.keystone, wanted, signal);
  const { user } = (await admin.session.token(signal)).info;
  await grantRoles(admin.keystone, { projectId: project.id, userId: user.id }, ['admin'], signal);
  const unlimited = { instances: -1, cores: -1, ram: -1 };
  const quota = await admin.nova.quota(project.id, signal);
  if (quota.cores !== -1 || quota.instances !== -1 || quota.ram !== -1)
    await admin.nova.setQuota(project.id, unlimited, signal);
  return project;
}

const credentialName = 'cloud-controller-manager';

/** The application credential that the management cluster's cloud controller manager logs in with; its secret is one of ours. */
export async function ensureManagementCredential(
  cloud: Cloud,
  secret: string,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly secret: string }> {
  const { user } = (await cloud.session.token(signal)).info;
  const credentials = cloud.keystone.applicationCredentials(user.id);
  const list = await credentials.list({ name: credentialName }, signal);
  const found = list.find((candidate) => candidate.name === credentialName);
  if (found !== undefined) return { id: found.id, secret };
  try {
    const made = await credentials.create({ name: credentialName, secret }, signal);
    return { id: made.id, secret };
  } catch (error) {
    if (!isOpenStackError(error, 409)) throw error;
    throw new TypedError(`An application credential ${credentialName} appeared meanwhile`, {
      code: 'conflict',
      next: 'Run the same command again.',
      cause: error,
    });
  }
}
