import type { Dispatcher } from 'undici';
import { OpenStackError, type OpenStackService } from './errors.ts';
import { type HttpResponse, header, type Method, type Query, send } from './http.ts';

export interface DomainRef {
  readonly id?: string;
  readonly name?: string;
}

export type Scope =
  | { readonly project: { readonly id: string } | { readonly name: string; readonly domain: DomainRef } }
  | { readonly domain: DomainRef }
  | { readonly system: true }
  | 'unscoped';

/** How to log in (Keystone v3 identity methods). Application credentials carry their own scope. */
export type Credentials =
  | {
      readonly method: 'password';
      readonly user: { readonly id: string } | { readonly name: string; readonly domain: DomainRef };
      readonly password: string;
      readonly scope?: Scope;
    }
  | { readonly method: 'token'; readonly token: string; readonly scope?: Scope }
  | {
      readonly method: 'application_credential';
      readonly id: string;
      readonly secret: string;
    };

export interface CatalogEndpoint {
  readonly id?: string;
  readonly interface: 'public' | 'internal' | 'admin';
  readonly region?: string;
  readonly region_id?: string;
  readonly url: string;
}

export interface CatalogEntry {
  readonly type: string;
  readonly name?: string;
  readonly endpoints: readonly CatalogEndpoint[];
}

/** What Keystone says about a token (the body's `token` object), times as ISO strings. */
export interface TokenInfo {
  readonly user: { readonly id: string; readonly name: string; readonly domain: DomainRef };
  readonly project?: { readonly id: string; readonly name: string; readonly domain: DomainRef };
  readonly domain?: DomainRef;
  readonly roles?: readonly { readonly id: string; readonly name: string }[];
  readonly catalog?: readonly CatalogEntry[];
  readonly methods: readonly string[];
  readonly issued_at: string;
  readonly expires_at: string;
  readonly application_credential?: { readonly id: string; readonly name: string; readonly restricted?: boolean };
}

export interface AuthenticatedToken {
  readonly id: string;
  readonly info: TokenInfo;
}

export interface SessionOptions {
  /** Keystone's versioned root, for example `http://172.29.0.1:5000/v3`. */
  readonly authUrl: string;
  readonly credentials: Credentials;
  /** Region of the catalogue; default: the first endpoint of each service. */
  readonly region?: string;
  readonly interface?: 'public' | 'internal' | 'admin';
  readonly dispatcher?: Dispatcher;
  /** Silence after which a call fails; default 60 000. */
  readonly timeoutMs?: number;
  /** Repeats of calls that are safe to repeat; default 3. */
  readonly retries?: number;
}

export interface CallOptions {
  readonly query?: Query;
  readonly json?: unknown;
  readonly body?: () => NonNullable<Dispatcher.RequestOptions['body']>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Path a service's calls hang under when its catalogue URL names no version. */
const versionSuffix: Readonly<Record<OpenStackService, { readonly pattern: RegExp; readonly path: string }>> = {
  identity: { pattern: /\/v3$/, path: '/v3' },
  compute: { pattern: /\/v2(\.\d+)?(\/[0-9a-f-]+)?$/, path: '/v2.1' },
  network: { pattern: /\/v2\.0$/, path: '/v2.0' },
  image: { pattern: /\/v2$/, path: '/v2' },
  'load-balancer': { pattern: /\/v2(\.0)?$/, path: '/v2.0' },
  'block-storage': { pattern: /\/v3(\/[0-9a-f-]+)?$/, path: '/v3' },
};

/** Other types under which clouds list a service. Source: the OpenStack service types authority. */
const otherTypes: Partial<Readonly<Record<OpenStackService, readonly string[]>>> = {
  'block-storage': ['volumev3', 'block-store'],
};

/** A login to one cloud: gets a token when first needed, renews it before it expires or when a service refuses it, finds endpoints. */
export interface Session {
  readonly authUrl: string;
  /** The current token; logs in when there is none. Throws {@link OpenStackError} 401 on bad credentials. */
  token(signal?: AbortSignal): Promise<AuthenticatedToken>;
  /** Root URL of a service, with version. Throws OpenStackError 404 when the catalogue lacks it. */
  endpoint(service: OpenStackService, signal?: AbortSignal): Promise<string>;
  /** Calls `endpoint + path`, or `path` itself when it is a whole URL on the same origin. */
  call(service: OpenStackService, method: Method, path: string, options?: CallOptions): Promise<HttpResponse>;
}

/** Makes a session; no call is made before the first use. */
export function createSession(options: SessionOptions): Session {
  const authUrl = options.authUrl.replace(/\/+$/, '');
  let login: Promise<AuthenticatedToken> | undefined;

  const transport = (timeoutMs?: number, signal?: AbortSignal) => ({
    dispatcher: options.dispatcher,
    timeoutMs: timeoutMs ?? options.timeoutMs ?? 60_000,
    retries: options.retries ?? 3,
    signal,
  });

  async function authenticate(signal?: AbortSignal): Promise<AuthenticatedToken> {
    const response = await send({
      service: 'identity',
      method: 'POST',
      url: `${authUrl}/auth/tokens`,
      headers: {},
      json: authBody(options.credentials),
      ...transport(undefined, signal),
    });
    const id = header(response, 'x-subject-token');
    if (id === undefined)
      throw new OpenStackError('identity: the answer to a login carries no X-Subject-Token', {
        service: 'identity',
        status: response.status,
        method: 'POST',
        url: `${authUrl}/auth/tokens`,
      });
    return { id, info: (JSON.parse(response.text) as { token: TokenInfo }).token };
  }

  async function token(signal?: AbortSignal): Promise<AuthenticatedToken> {
    const current = await login?.catch(() => undefined);
    // A minute before the end, so that a long call still finds the token valid.
    if (current !== undefined && Date.parse(current.info.expires_at) - Date.now() > 60_000) return current;
    const attempt = authenticate(signal);
    login = attempt;
    return await attempt;
  }

  async function endpoint(service: OpenStackService, signal?: AbortSignal): Promise<string> {
    if (service === 'identity') return authUrl;
    const { info } = await token(signal);
    const found = info.catalog
      ?.filter((entry) => entry.type === service || otherTypes[service]?.includes(entry.type) === true)
      .flatMap((entry) => entry.endpoints)
      .find(
        (candidate) =>
          candidate.interface === (options.interface ?? 'public') &&
          (options.region === undefined || (candidate.region_id ?? candidate.region) === options.region),
      );
    if (found === undefined)
      throw new OpenStackError(
        `The service catalogue has no ${service} endpoint in ${options.region ?? 'any region'}`,
        {
          service,
          status: 404,
          method: 'GET',
          url: authUrl,
          next: 'Check the region name and that the cloud offers this service.',
        },
      );
    const root = found.url.replace(/\/+$/, '');
    return versionSuffix[service].pattern.test(root) ? root : root + versionSuffix[service].path;
  }

  async function call(
    service: OpenStackService,
    method: Method,
    path: string,
    callOptions: CallOptions = {},
  ): Promise<HttpResponse> {
    const root = await endpoint(service, callOptions.signal);
    const url = withQuery(new URL(path.startsWith('/') ? root + path : path), callOptions.query);
    // A link of the service that leads elsewhere must never receive the token.
    if (url.origin !== new URL(root).origin)
      throw new OpenStackError(`${service}: refuses to follow a link to another host: ${url.origin}`, {
        service,
        status: 502,
        method,
        url: url.href,
      });
    for (let attempt = 0; ; attempt += 1) {
      const { id } = await token(callOptions.signal);
      try {
        return await send({
          service,
          method,
          url: url.href,
          headers: { 'x-auth-token': id, ...callOptions.headers },
          json: callOptions.json,
          ...(callOptions.body === undefined ? {} : { body: callOptions.body }),
          ...transport(callOptions.timeoutMs, callOptions.signal),
        });
      } catch (error) {
        if (attempt > 0 || !(error instanceof OpenStackError) || error.status !== 401) throw error;
        // Revoked, or Keystone's keys were rotated: one fresh login.
        login = undefined;
      }
    }
  }

  return { authUrl, token, endpoint, call };
}

function withQuery(url: URL, query: Query | undefined): URL {
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? (value as readonly string[]) : [String(value)])
      url.searchParams.append(name, item);
  }
  return url;
}

/** The body of `POST /v3/auth/tokens` (Keystone API reference, "Authentication and token management"). */
export function authBody(credentials: Credentials): unknown {
  switch (credentials.method) {
    case 'password':
      return {
        auth: {
          identity: {
            methods: ['password'],
            password: { user: { ...credentials.user, password: credentials.password } },
          },
          ...scopeBody(credentials.scope),
        },
      };
    case 'token':
      return {
        auth: {
          identity: { methods: ['token'], token: { id: credentials.token } },
          ...scopeBody(credentials.scope),
        },
      };
    case 'application_credential':
      return {
        auth: {
          identity: {
            methods: ['application_credential'],
            application_credential: { id: credentials.id, secret: credentials.secret },
          },
        },
      };
  }
}

function scopeBody(scope: Scope | undefined): { readonly scope?: unknown } {
  if (scope === undefined) return {};
  if (scope === 'unscoped') return { scope: 'unscoped' };
  return 'system' in scope ? { scope: { system: { all: true } } } : { scope };
}
