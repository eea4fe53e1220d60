import { readFile } from 'node:fs/promises';
import type { Credentials } from '@matryoshka/openstack';
import { errorMessage, parseListen, TypedError } from '@matryoshka/system';

/** KAAS_OPENSTACK_ADMIN_FILE: how the provider's administrator logs in. */
export interface AdminFile {
  readonly authUrl: string;
  readonly username: string;
  readonly password: string;
  readonly project: string;
  readonly domain: string;
  readonly region: string;
}

/** Throws TypedError `configuration`. */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new TypedError(`${name} is not set`, {
      code: 'configuration',
      next: `Set the environment variable ${name}.`,
    });
  return value;
}

/** Content of the file that a variable names. Throws TypedError `configuration`. */
export async function readConfigured(name: string): Promise<string> {
  const file = required(name);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new TypedError(`${name}: ${errorMessage(error)}`, { code: 'configuration', next: `Make ${file} readable.` });
  }
}

export function adminCredentials(admin: AdminFile): Credentials {
  const domain = { name: admin.domain };
  return {
    method: 'password',
    user: { name: admin.username, domain },
    password: admin.password,
    scope: { project: { name: admin.project, domain } },
  };
}

/** Words of a variable, separated by commas; none when it is not set. */
export function listOf(name: string): readonly string[] {
  return (process.env[name] ?? '').split(',').flatMap((word) => (word.trim() === '' ? [] : [word.trim()]));
}

/** `host:port` of a variable; undefined when it is not set. Throws TypedError `configuration`. */
export function listenOf(name: string): { readonly host: string; readonly port: number } | undefined {
  const text = process.env[name] ?? '';
  if (text === '') return undefined;
  const listen = parseListen(text);
  if (listen === undefined)
    throw new TypedError(`${name} is ${text}`, {
      code: 'configuration',
      next: `Set ${name} to host:port, for example 127.0.0.1:9465.`,
    });
  return listen;
}

/** What the database of a control plane may hold, in bytes: KAAS_STORE_QUOTA_MIB, 8192 when it is not set, none for 0. Throws TypedError `configuration`. */
export function storeQuota(): number | null {
  const text = process.env.KAAS_STORE_QUOTA_MIB || '8192';
  if (!/^\d{1,9}$/.test(text))
    throw new TypedError(`KAAS_STORE_QUOTA_MIB is ${text}`, {
      code: 'configuration',
      next: 'Set a whole number of MiB, 0 for no limit.',
    });
  return Number(text) === 0 ? null : Number(text) * 2 ** 20;
}
