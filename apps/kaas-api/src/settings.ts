import { isIPv4 } from 'node:net';
import { defaultLimits, type Limits } from '@matryoshka/domain';
import { parseListen, TypedError } from '@matryoshka/system';

export interface Settings {
  readonly databaseUrl: string;
  readonly secretKeyFile: string;
  readonly keystoneUrl: string;
  /** Whose administrators administer the service. */
  readonly providerProject: { readonly name: string; readonly domainId: string };
  /** A file with OpenID Connect issuers whose people may log in. */
  readonly oidcFile: string | undefined;
  readonly listen: { readonly host: string; readonly port: number };
  /** Where control planes fetch the keys that verify credentials. */
  readonly issuer: {
    readonly url: string;
    readonly listen: { readonly host: string; readonly port: number };
    readonly certificateFile: string;
    readonly keyFile: string;
  };
  /** Where Prometheus is answered; undefined: nowhere. */
  readonly metricsListen: { readonly host: string; readonly port: number } | undefined;
  readonly notify: boolean;
  /** Of one caller; 0: no limit. */
  readonly requestsPerSecond: number;
  readonly limits: Limits;
  /** Ranges that webhooks may be sent to besides the Internet. */
  readonly webhookRanges: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Everything kaas-api is told from outside. An empty variable counts as one that is not set. Throws TypedError `configuration`. */
export function readSettings(env: Environment): Settings {
  checkLogLevel(env.MATRYOSHKA_LOG_LEVEL);
  return {
    databaseUrl: databaseUrl(required(env, 'KAAS_DATABASE_URL', 'postgres://kaas_api:…@host:port/database')),
    secretKeyFile: required(env, 'KAAS_SECRET_KEY_FILE', 'a file with 64 hexadecimal digits'),
    keystoneUrl: keystoneUrl(required(env, 'KAAS_KEYSTONE_URL', 'http://host:5000/v3')),
    providerProject: {
      name: env.KAAS_PROVIDER_PROJECT || 'admin',
      domainId: env.KAAS_PROVIDER_DOMAIN_ID || 'default',
    },
    oidcFile: env.KAAS_OIDC_FILE || undefined,
    listen: listenAddress('KAAS_LISTEN', env.KAAS_LISTEN || '127.0.0.1:7443'),
    issuer: {
      url: issuerUrl(required(env, 'KAAS_ISSUER_URL', 'https://host:7444, as the control planes reach it')),
      listen: listenAddress('KAAS_ISSUER_LISTEN', env.KAAS_ISSUER_LISTEN || '127.0.0.1:7444'),
      certificateFile: required(env, 'KAAS_ISSUER_CERTIFICATE_FILE', 'a PEM file with the certificate of the issuer'),
      keyFile: required(env, 'KAAS_ISSUER_KEY_FILE', 'a PEM file with the key of that certificate'),
    },
    metricsListen: env.KAAS_METRICS_LISTEN ? listenAddress('KAAS_METRICS_LISTEN', env.KAAS_METRICS_LISTEN) : undefined,
    notify: notifications(env.KAAS_NOTIFY || 'on'),
    requestsPerSecond: wholeNumber('KAAS_REQUESTS_PER_SECOND', env.KAAS_REQUESTS_PER_SECOND || '50'),
    limits: {
      ...defaultLimits,
      reservedCidrs: ranges('KAAS_RESERVED_CIDRS', env.KAAS_RESERVED_CIDRS || undefined) ?? defaultLimits.reservedCidrs,
    },
    webhookRanges: ranges('KAAS_WEBHOOK_RANGES', env.KAAS_WEBHOOK_RANGES || undefined) ?? [],
  };
}

function wrong(name: string, problem: string, expected: string): TypedError {
  return new TypedError(`${name} ${problem}`, { code: 'configuration', next: `Set ${name} to ${expected}.` });
}

function required(env: Environment, name: string, expected: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw wrong(name, 'is not set', expected);
  return value;
}

// The value is never repeated in a message: it holds a password.
function databaseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.pathname.length < 2)
    throw wrong('KAAS_DATABASE_URL', 'is no URL of a database', 'postgres://kaas_api:…@host:port/database');
  return text;
}

function keystoneUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || !/\/v3\/?$/.test(url.pathname))
    throw wrong('KAAS_KEYSTONE_URL', 'is no URL of a Keystone v3', 'an address that ends in /v3');
  return text.replace(/\/$/, '');
}

// Kubernetes refuses other schemes, queries and fragments (AuthenticationConfiguration, issuer.url).
function issuerUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'https:' || url.search !== '' || url.hash !== '' || url.username !== '')
    throw wrong('KAAS_ISSUER_URL', `is ${text}`, 'an https address without query and fragment');
  return text.replace(/\/$/, '');
}

function listenAddress(name: string, text: string): Settings['listen'] {
  const listen = parseListen(text);
  if (listen === undefined) throw wrong(name, `is ${text}`, 'host:port, for example 127.0.0.1:7443');
  return listen;
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw wrong(name, `is ${text}`, 'a whole number; 0 means no limit');
  return Number(text);
}

function notifications(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw wrong('KAAS_NOTIFY', `is ${text}`, 'off, or leave it out');
  return text === 'on';
}

function ranges(name: string, text: string | undefined): readonly string[] | undefined {
  const found = text?.split(',').map((range) => range.trim());
  for (const range of found ?? []) {
    const [address = '', prefix = '', ...rest] = range.split('/');
    if (!isIPv4(address) || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32 || rest.length > 0)
      throw wrong(name, `holds ${range}`, 'IPv4 ranges separated by commas, for example 172.29.0.0/20');
  }
  return found;
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

function checkLogLevel(level: string | undefined): void {
  if (level !== undefined && !logLevels.includes(level))
    throw wrong('MATRYOSHKA_LOG_LEVEL', `is ${level}`, `one of ${logLevels.join(', ')}`);
}
