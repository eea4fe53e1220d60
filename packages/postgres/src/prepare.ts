import { TypedError } from '@matryoshka/system';
import { connect } from './database.ts';

export interface PrepareOptions {
  /** URL of a superuser, any database. */
  readonly superuserUrl: string;
  readonly database: string;
  readonly passwords: { readonly owner: string; readonly api: string; readonly controller: string };
}

/**
 * Makes the three roles (`kaas` owns the schema, `kaas_api` is bound by row security, `kaas_controller` sees all projects) and the
 * database. May be run again: passwords are then set anew.
 */
export async function prepareDatabase(options: PrepareOptions): Promise<void> {
  const name = options.database;
  if (!/^[a-z_][a-z0-9_]*$/.test(name))
    throw new TypedError(`Bad database name: ${name}`, { code: 'bad_database_name' });
  const client = await connect(options.superuserUrl, 'kaas-prepare');
  try {
    const roles = { kaas: options.passwords.owner, kaas_api: options.passwords.api } as const;
    for (const [role, password] of Object.entries({ ...roles, kaas_controller: options.passwords.controller })) {
      const found = await client.query('select 1 from pg_roles where rolname = $1', [role]);
      const verb = found.rowCount === 0 ? 'create' : 'alter';
      await client.query(
        `${verb} role ${client.escapeIdentifier(role)} login nosuperuser nobypassrls password ${client.escapeLiteral(password)}`,
      );
    }
    const exists = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (exists.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)} owner kaas`);
    await client.query(`revoke all on database ${client.escapeIdentifier(name)} from public`);
    await client.query(`grant connect on database ${client.escapeIdentifier(name)} to kaas_api, kaas_controller`);
  } finally {
    await client.end();
  }
}
