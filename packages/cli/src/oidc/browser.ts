import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Flow } from './id-token.ts';

const path = '/callback';

/** By a browser on this machine that comes back to a port of ours (RFC 8252 §7.3). */
export async function byBrowser(flow: Flow, port: number, signal: AbortSignal): Promise<string | undefined> {
  const { openid, config, scope, title, terminal } = flow;
  const [verifier, state, nonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()];
  const server = createServer();
  const redirectUri = await listenOn(server, port);
  try {
    const url = openid.buildAuthorizationUrl(config, {
      ...{ redirect_uri: redirectUri, scope, state, nonce, code_challenge_method: 'S256' },
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    });
    const back = comesBack(server, state, signal);
    terminal.stderr(
      `To log in with ${title}, go on in your browser. If none opens, open this address:\n\n  ${url.href}\n\n`,
    );
    terminal.openUrl(url.href);
    const tokens = await openid.authorizationCodeGrant(config, new URL(await back, redirectUri), {
      ...{ pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
    });
    return tokens.id_token;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function listenOn(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  }).catch((error: unknown) => {
    throw new CliError(`port ${port} of this machine is in use`, {
      code: 'port_taken',
      exitCode: exitCodes.error,
      next: 'Choose another one that the issuer allows (--redirect-port), or use --device.',
      ...(error instanceof Error ? { cause: error } : {}),
    });
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
}

/** Path and query of the one request that carries our state: others may be anybody's. */
async function comesBack(server: Server, state: string, signal: AbortSignal): Promise<string> {
  return await new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    server.on('request', (request, response) => {
      const url = URL.parse(request.url ?? '', 'http://127.0.0.1');
      const isOurs = request.method === 'GET' && url?.pathname === path && url.searchParams.get('state') === state;
      const isRefused = url?.searchParams.has('error') ?? false;
      const said = isRefused
        ? 'The login was refused. The terminal says why.'
        : 'You are logged in. You may close this page.';
      response.writeHead(isOurs ? 200 : 404, {
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
        connection: 'close',
      });
      response.end(isOurs ? said : 'Nothing is here.', () => {
        if (isOurs) resolve(request.url ?? '');
      });
    });
  });
}
