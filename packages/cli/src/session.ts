import { join } from 'node:path';
import { type Client, type ClientOptions, createClient } from '@matryoshka/client';
import { readFileIfExists, writeFileAtomic } from '@matryoshka/system';
import { CliError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

export const defaultUrl = 'http://127.0.0.1:7443';

/** What `kaas login` stores. */
export interface StoredSession {
  readonly url: string;
  readonly token: string;
  readonly user: string;
  readonly project: string;
  readonly expiresAt: string;
  /** The OpenID Connect issuer it was begun with. */
  readonly oidc?: string;
}

type Place = Pick<Terminal, 'env' | 'home'>;

/** Where the session is kept: KAAS_CONFIG, else ~/.config/matryoshka/config.json. */
export function sessionFile({ env, home }: Place): string {
  return env.KAAS_CONFIG ?? join(env.XDG_CONFIG_HOME ?? join(home, '.config'), 'matryoshka', 'config.json');
}

/** The stored session, or undefined. Throws when the file is not ours. */
export async function loadSession(place: Place): Promise<StoredSession | undefined> {
  const path = sessionFile(place);
  const text = await readFileIfExists(path);
  if (text === undefined || text.trim() === '') return undefined;
  try {
    const session = JSON.parse(text) as Partial<StoredSession>;
    if (typeof session.token === 'string' && typeof session.url === 'string') return session as StoredSession;
    if (Object.keys(session).length === 0) return undefined;
  } catch {
    // Said below, for broken JSON and foreign JSON alike.
  }
  throw new CliError(`${path} is not a session file of kaas`, {
    code: 'bad_session_file',
    exitCode: exitCodes.error,
    next: `Move ${path} away and run kaas login.`,
  });
}

/** Stores the session for the owner only (mode 0600); undefined forgets it. */
export async function saveSession(place: Place, session: StoredSession | undefined): Promise<void> {
  await writeFileAtomic(sessionFile(place), `${JSON.stringify(session ?? {}, null, 2)}\n`, 0o600);
}

/** Address of the service: flag, KAAS_URL, stored session, default. */
export function serviceUrl(flag: string | undefined, place: Place, session: StoredSession | undefined): string {
  return flag ?? place.env.KAAS_URL ?? session?.url ?? defaultUrl;
}

/** A logged-in client. KAAS_TOKEN goes before the stored session. A token never goes to another address than its own. */
export async function openSession(
  place: Place,
  urlFlag: string | undefined,
): Promise<{
  readonly client: Client;
  readonly connection: ClientOptions;
  readonly session: StoredSession | undefined;
}> {
  const session = await loadSession(place);
  const baseUrl = serviceUrl(urlFlag, place, session);
  const token = place.env.KAAS_TOKEN ?? (session?.url === baseUrl ? session.token : undefined);
  if (token === undefined)
    throw new CliError(`not logged in to ${baseUrl}`, {
      code: 'not_logged_in',
      exitCode: exitCodes.error,
      next: 'Run: kaas login --user NAME --project PROJECT, or kaas login --oidc',
    });
  const connection = { baseUrl, token };
  return { client: createClient(connection), connection, session };
}
