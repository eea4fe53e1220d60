import type pg from 'pg';
import type { PlatformContext } from '../context.ts';
import { canLogIn, withSuperuser } from './cluster.ts';

interface RoleSpec {
  readonly name: string;
  readonly password: string;
  /** SQL attributes, fixed text of ours. */
  readonly attributes: string;
  /** Database of the same name, owned by the role. */
  readonly ownsDatabase: boolean;
}

/**
 * Roles of the installer. Kamaji makes a database and a role per tenant and hands the database over: up to PostgreSQL 15 only a superuser may
 * give something to a role it is no member of; from 16 on a role with CREATEROLE can make itself a member at creation (createrole_self_grant).
 */
function roleSpecs(context: PlatformContext, serverVersion: number): readonly RoleSpec[] {
  const { postgres } = context.secrets;
  return [
    { name: 'management', password: postgres.management, attributes: 'LOGIN NOSUPERUSER', ownsDatabase: true },
    {
      name: 'kamaji',
      password: postgres.kamaji,
      attributes: serverVersion >= 160_000 ? 'LOGIN NOSUPERUSER CREATEDB CREATEROLE' : 'LOGIN SUPERUSER',
      ownsDatabase: false,
    },
  ];
}

/** Makes roles and databases; repeats are harmless. */
export async function ensureRoles(context: PlatformContext): Promise<void> {
  await withSuperuser(context.config, context.paths, async (client) => {
    const version = await serverVersion(client);
    for (const role of roleSpecs(context, version)) {
      const name = client.escapeIdentifier(role.name);
      const exists = await client.query('select from pg_roles where rolname = $1', [role.name]);
      if (exists.rowCount === 0) await client.query(`create role ${name}`);
      await client.query(`alter role ${name} ${role.attributes}`);
      if (!(await canLogIn(context.config, context.paths, role.name, role.password)))
        await client.query(`alter role ${name} password ${client.escapeLiteral(role.password)}`);
      if (role.name === 'kamaji' && version >= 160_000)
        await client.query(`alter role ${name} set createrole_self_grant = 'set, inherit'`);
      if (!role.ownsDatabase) continue;
      const database = await client.query('select from pg_database where datname = $1', [role.name]);
      if (database.rowCount === 0) await client.query(`create database ${name} owner ${name}`);
    }
  });
}

/** Whether every role can log in and every database is there. */
export async function rolesAreGood(context: PlatformContext): Promise<boolean> {
  return await withSuperuser(context.config, context.paths, async (client) => {
    for (const role of roleSpecs(context, await serverVersion(client))) {
      if (!(await canLogIn(context.config, context.paths, role.name, role.password))) return false;
      if (!role.ownsDatabase) continue;
      const database = await client.query('select from pg_database where datname = $1', [role.name]);
      if (database.rowCount === 0) return false;
    }
    return true;
  });
}

async function serverVersion(client: pg.Client): Promise<number> {
  const result = await client.query<{ server_version_num: string }>('show server_version_num');
  return Number(result.rows[0]?.server_version_num);
}
