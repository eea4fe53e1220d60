import { isOpenStackError } from '../transport/errors.ts';
import { send } from '../transport/http.ts';
import type { TokenInfo } from '../transport/session.ts';

/**
 * What a token may do now, asked with the token itself, so that nobody's rights are needed for it. Keystone looks roles, user and project up
 * afresh (API reference, "Validate and show information for token"). Undefined when the token is good for nothing any more.
 * Throws OpenStackError when Keystone does not answer properly.
 */
export async function inspectToken(
  authUrl: string,
  token: string,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<TokenInfo | undefined> {
  try {
    const response = await send({
      service: 'identity',
      method: 'GET',
      url: `${authUrl.replace(/\/+$/, '')}/auth/tokens?nocatalog`,
      headers: { 'x-auth-token': token, 'x-subject-token': token },
      timeoutMs: options.timeoutMs,
      retries: 0,
      signal: options.signal,
    });
    return (JSON.parse(response.text) as { readonly token: TokenInfo }).token;
  } catch (error) {
    if (isOpenStackError(error, 401, 404)) return undefined;
    throw error;
  }
}
