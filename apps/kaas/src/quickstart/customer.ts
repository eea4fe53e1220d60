import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ensureProject, grantRoles, memberRoles } from '@matryoshka/openstack';
import { readFileIfExists, writeFileAtomic } from '@matryoshka/system';
import { adminCloud, readAdminFile } from '../admin-cloud.ts';

/** A customer of the one-machine edition: an OpenStack user with a project. */
export interface Customer {
  readonly user: string;
  readonly password: string;
  readonly project: string;
}

/** What a provider does when a customer signs up: a project, a user, the role `member`. Repeats find what is there. */
export async function ensureCustomer(
  place: { readonly adminFile: string; readonly secretsDir: string },
  name: string,
  signal: AbortSignal,
): Promise<Customer> {
  const cloud = adminCloud(await readAdminFile(place.adminFile));
  const password = await keptPassword(join(place.secretsDir, `customer-${name}.json`));
  const wanted = { name, domain_id: 'default', description: 'customer of kaas quickstart' };
  const project = await ensureProject(cloud.keystone, wanted, signal);
  const users = await cloud.keystone.users.list({ name }, signal);
  const found = users.find((candidate) => candidate.name === name);
  const user =
    found ??
    (await cloud.keystone.users.create(
      { name, domain_id: 'default', password, default_project_id: project.id },
      signal,
    ));
  if (found !== undefined) await cloud.keystone.users.update(found.id, { password }, signal);
  await grantRoles(cloud.keystone, { projectId: project.id, userId: user.id }, memberRoles, signal);
  return { user: name, password, project: name };
}

async function keptPassword(file: string): Promise<string> {
  const text = await readFileIfExists(file);
  if (text !== undefined) return (JSON.parse(text) as { readonly password: string }).password;
  const password = randomBytes(12).toString('base64url');
  await writeFileAtomic(file, `${JSON.stringify({ password })}\n`, 0o600);
  return password;
}
