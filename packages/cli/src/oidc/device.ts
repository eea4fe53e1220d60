import type { Flow } from './id-token.ts';

/** By a code that is typed in a browser anywhere (RFC 8628). */
export async function byDevice(
  { openid, config, scope, title, terminal }: Flow,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (config.serverMetadata().device_authorization_endpoint === undefined)
    throw new Error('it has no login by device code (RFC 8628)');
  const started = await openid.initiateDeviceAuthorization(config, { scope });
  const { user_code: code, verification_uri: where, verification_uri_complete: direct } = started;
  terminal.stderr(`To log in with ${title}, open this address in any browser:\n\n  ${direct ?? where}\n\n`);
  terminal.stderr(`and check that it shows, or enter, the code ${code}\n`);
  const tokens = await openid.pollDeviceAuthorizationGrant(config, started, undefined, { signal });
  return tokens.id_token;
}
