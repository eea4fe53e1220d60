import type { AuthMethods } from '@matryoshka/contract';
import { errorMessage } from '@matryoshka/system';
import type * as OpenId from 'openid-client';
import { CliError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { byBrowser } from './browser.ts';
import { byDevice } from './device.ts';

export type OidcMethod = AuthMethods['oidc'][number];

export interface FlowOptions {
  /** A code that is typed in a browser anywhere, instead of a browser here. */
  readonly device: boolean;
  /** Where the browser comes back to on this machine; 0: any free port (RFC 8252 §7.3). */
  readonly redirectPort: number;
}

/** What both flows need. */
export interface Flow {
  readonly openid: typeof OpenId;
  readonly config: OpenId.Configuration;
  readonly scope: string;
  readonly title: string;
  readonly terminal: Terminal;
}

const longestWaitMs = 300_000;

/**
 * An ID token of an issuer for whoever sits here: by authorization code with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636) or by device code
 * (RFC 8628). Nothing of it is stored. Throws CliError `oidc_failed`.
 */
export async function idTokenOf(method: OidcMethod, terminal: Terminal, options: FlowOptions): Promise<string> {
  // Half of what the command line loads, and only this command needs it.
  const openid = await import('openid-client');
  const { issuer, clientId, scopes, title } = method;
  const server = new URL(issuer);
  const execute = server.protocol === 'http:' ? [openid.allowInsecureRequests] : [];
  const signal = AbortSignal.any([terminal.signal, AbortSignal.timeout(longestWaitMs)]);
  try {
    const config = await openid.discovery(server, clientId, undefined, openid.None(), { execute });
    const flow: Flow = { openid, config, scope: scopes.join(' '), title, terminal };
    const token = options.device ? await byDevice(flow, signal) : await byBrowser(flow, options.redirectPort, signal);
    if (token === undefined) throw new Error('it gave no ID token');
    return token;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw failed(title, error, { isLate: signal.aborted && !terminal.signal.aborted, options });
  }
}

function failed(
  title: string,
  error: unknown,
  { isLate, options }: { readonly isLate: boolean; readonly options: FlowOptions },
): CliError {
  const why = isLate ? `nobody logged in within ${longestWaitMs / 60_000} minutes` : reasonOf(error);
  const other = options.device ? '' : ' Without a browser on this machine: --device.';
  return new CliError(`the login with ${title} failed: ${why}`, {
    code: 'oidc_failed',
    exitCode: exitCodes.error,
    next: `Run the command again.${other}`,
  });
}

/** The issuer's own words, where it gave some (RFC 6749 §4.1.2.1 and §5.2). */
function reasonOf(error: unknown): string {
  const { error: code, error_description: description } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof code === 'string') return typeof description === 'string' ? `${code}: ${description}` : code;
  const cause = error instanceof Error && error.cause !== undefined ? ` (${errorMessage(error.cause)})` : '';
  return `${errorMessage(error)}${cause}`;
}
