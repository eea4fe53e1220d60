import type { PocketCloudConfig } from '../config.ts';
import { newHexId, type Store } from '../store/index.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { defaultDomainId } from './projects.ts';
import { projectByName, type RoleRow, userByName } from './rows.ts';

const roleNames = ['admin', 'manager', 'member', 'reader', 'load-balancer_member'];

/** What exists in every cloud: domain Default, the roles, and the admin user in project admin with the password of the configuration. */
export async function bootstrapIdentity(store: Store, config: PocketCloudConfig): Promise<void> {
  const hash = await hashPassword(config.adminPassword);
  store.transaction(() => {
    store.run('insert or ignore into domain (id, name) values (?, ?)', defaultDomainId, 'Default');
    for (const name of roleNames) store.run('insert or ignore into role (id, name) values (?, ?)', newHexId(), name);
    store.run(
      "insert or ignore into project (id, domain_id, name, description, parent_id) values (?, ?, 'admin', 'Operator of the cloud', ?)",
      newHexId(),
      defaultDomainId,
      defaultDomainId,
    );
    store.run(
      "insert or ignore into user (id, domain_id, name, password_hash) values (?, ?, 'admin', ?)",
      newHexId(),
      defaultDomainId,
      hash,
    );
    const user = userByName(store, defaultDomainId, 'admin');
    const project = projectByName(store, defaultDomainId, 'admin');
    const role = store.get<RoleRow>("select * from role where name = 'admin'");
    for (const [type, target] of [
      ['project', project?.id ?? ''],
      ['system', 'all'],
    ] as const)
      store.run(
        'insert or ignore into role_assignment values (?, ?, ?, ?)',
        role?.id ?? '',
        user?.id ?? '',
        type,
        target,
      );
    store.run('update user set default_project_id = ? where id = ?', project?.id ?? '', user?.id ?? '');
  });
  const admin = userByName(store, defaultDomainId, 'admin');
  if (admin !== undefined && !(await verifyPassword(config.adminPassword, admin.password_hash)))
    store.run('update user set password_hash = ? where id = ?', hash, admin.id);
}
