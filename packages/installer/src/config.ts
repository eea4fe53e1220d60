import { isIPv4 } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TypedError } from '@matryoshka/system';

/** Everything about one installation that can be chosen. Two installations on a machine must differ in all of it. */
export interface PlatformConfig {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly network: {
    /** The provider ("public") network and the host's address in it. */
    readonly cidr: string;
    readonly address: string;
    /** Start of every interface and namespace name. */
    readonly prefix: string;
  };
  readonly ports: PlatformPorts;
  readonly managementNodes: number;
  readonly kubernetesVersion: string;
  /** `build` makes every component here; `upstream` pulls the images from their own registries. */
  readonly images: 'build' | 'upstream';
  /** The provider's own proxy of upstream registries, e.g. `mirror.example/proxy`; null for none. */
  readonly registryPrefix: string | null;
  /** For tests: the cloud takes orders to fail, by a socket that only root reaches. */
  readonly faultInjection: boolean;
}

export interface PlatformPorts {
  readonly keystone: number;
  readonly nova: number;
  readonly neutron: number;
  readonly glance: number;
  readonly octavia: number;
  readonly cinder: number;
  readonly placement: number;
  readonly registry: number;
  readonly postgres: number;
  /** On 127.0.0.1. */
  readonly api: number;
  /** On the provider network, for the control planes. */
  readonly issuer: number;
  /** On 127.0.0.1, for Prometheus. */
  readonly apiMetrics: number;
  readonly controllerMetrics: number;
}

export type PlatformOptions = Partial<Omit<PlatformConfig, 'network' | 'ports'>> & {
  readonly network?: Partial<PlatformConfig['network']>;
  readonly ports?: Partial<PlatformPorts>;
};

export const defaultPlatformPorts: PlatformPorts = {
  keystone: 5000,
  nova: 8774,
  neutron: 9696,
  glance: 9292,
  octavia: 9876,
  cinder: 8776,
  placement: 8778,
  registry: 5050,
  postgres: 15432,
  api: 7443,
  issuer: 7444,
  apiMetrics: 7445,
  controllerMetrics: 7446,
};

export const defaultDataDir = '/var/lib/matryoshka';

/** Metrics are beside the API, so that two platforms on one machine differ in that alone. */
function portsOf(given: Partial<PlatformPorts>): PlatformPorts {
  const { api = defaultPlatformPorts.api } = given;
  return { ...defaultPlatformPorts, apiMetrics: api + 2, controllerMetrics: api + 3, ...given };
}

/** Fills in the defaults (environment MATRYOSHKA_DATA_DIR, MATRYOSHKA_CACHE_DIR, MATRYOSHKA_FAULT_INJECTION) and checks. Throws TypedError `bad_config` naming the field. */
export function platformConfig(options: PlatformOptions = {}): PlatformConfig {
  const config: PlatformConfig = {
    dataDir: options.dataDir ?? process.env.MATRYOSHKA_DATA_DIR ?? defaultDataDir,
    cacheDir: options.cacheDir ?? process.env.MATRYOSHKA_CACHE_DIR ?? join(homedir(), '.cache', 'matryoshka'),
    network: network(options.network ?? {}),
    ports: portsOf(options.ports ?? {}),
    managementNodes: options.managementNodes ?? 2,
    kubernetesVersion: options.kubernetesVersion ?? 'v1.36.3',
    images: options.images ?? 'build',
    registryPrefix: options.registryPrefix ?? null,
    faultInjection: options.faultInjection ?? process.env.MATRYOSHKA_FAULT_INJECTION === 'on',
  };
  const bad = (field: string, expected: string): never => {
    throw new TypedError(`${field} must be ${expected}`, {
      code: 'bad_config',
      actor: 'user',
      next: `Correct ${field}.`,
    });
  };
  // Unix sockets lie in the data directory, and their paths may have 107 bytes (unix(7)).
  if (!config.dataDir.startsWith('/') || config.dataDir.length > 60)
    bad('data directory', 'an absolute path of at most 60 characters');
  if (!Number.isInteger(config.managementNodes) || config.managementNodes < 1 || config.managementNodes > 9)
    bad('number of management nodes', 'between 1 and 9');
  if (!/^v\d+\.\d+\.\d+$/.test(config.kubernetesVersion)) bad('Kubernetes version', 'like v1.36.3');
  if (!isIPv4(config.network.address) || !isProviderRange(config.network.cidr))
    bad('provider network', 'an IPv4 unicast range of at least a /24 such as 172.29.0.0/20');
  if (!/^[a-z]{1,4}$/.test(config.network.prefix)) bad('prefix', 'one to four lower-case letters');
  if (config.images !== 'build' && config.images !== 'upstream') bad('images', 'build or upstream');
  if (Object.values(config.ports).some((port) => !Number.isInteger(port) || port < 1 || port > 65_535))
    bad('port', 'between 1 and 65535');
  return config;
}

/** Not loopback nor multicast: translating those addresses would cut the machine off from itself. */
function isProviderRange(cidr: string): boolean {
  const [address, length] = cidr.split('/');
  const first = Number(address?.split('.')[0]);
  return isIPv4(address ?? '') && /^(8|9|1\d|2[0-4])$/.test(length ?? '') && first > 0 && first < 224 && first !== 127;
}

function network(options: Partial<PlatformConfig['network']>): PlatformConfig['network'] {
  const cidr = options.cidr ?? '172.29.0.0/20';
  const match = /^(\d+\.\d+\.\d+\.)0\/(\d+)$/.exec(cidr);
  return { cidr, address: options.address ?? `${match?.[1] ?? ''}1`, prefix: options.prefix ?? 'mat' };
}

/** Every place on disk outside the cache. */
export interface PlatformPaths {
  readonly stateFile: string;
  readonly lockFile: string;
  readonly secrets: string;
  readonly pki: string;
  readonly logs: string;
  readonly run: string;
  readonly postgres: { readonly root: string; readonly data: string; readonly socketDir: string };
  /** The continuous archive of PostgreSQL (pgBackRest). */
  readonly archive: {
    readonly root: string;
    readonly repository: string;
    /** Of the name of the DataStore whose PostgreSQL it is. */
    readonly stanza: string;
    readonly configFile: string;
    readonly passphraseFile: string;
    /** Where a PostgreSQL of an earlier moment is brought up. */
    readonly recovery: string;
  };
  readonly registry: string;
  readonly pocketCloudConfig: string;
  readonly managementKubeconfig: string;
  readonly openstackAdminFile: string;
  readonly secretKeyFile: string;
  /** Where backups of customers' clusters lie, and the secret with which they are opened. */
  readonly backups: string;
  readonly backupIdentityFile: string;
  /** OpenID Connect issuers whose people may log in; the operator's, where there is one. */
  readonly oidcFile: string;
  /** Image references for kaas-controller. */
  readonly imagesFile: string;
  readonly snapshotDefinitionsFile: string;
  /** What a program of ours was started with; another content means it has to be started again. */
  readonly settingsFile: (process: ProcessName) => string;
  readonly pidFile: (process: ProcessName) => string;
  readonly logFile: (process: ProcessName) => string;
}

export const processNames = ['postgres', 'registry', 'pocket-cloud', 'kaas-api', 'kaas-controller'] as const;
export type ProcessName = (typeof processNames)[number];

export function platformPaths(config: Pick<PlatformConfig, 'dataDir'>): PlatformPaths {
  const at = (...parts: readonly string[]): string => join(config.dataDir, ...parts);
  return {
    stateFile: at('state.json'),
    lockFile: at('lock'),
    secrets: at('secrets'),
    pki: at('secrets', 'pki'),
    logs: at('logs'),
    run: at('run'),
    postgres: { root: at('postgres'), data: at('postgres', 'data'), socketDir: at('postgres', 'run') },
    archive: {
      root: at('archive'),
      repository: at('archive', 'repository'),
      stanza: 'default',
      configFile: at('archive', 'pgbackrest.conf'),
      passphraseFile: at('secrets', 'archive-passphrase'),
      recovery: at('recovery'),
    },
    registry: at('registry'),
    pocketCloudConfig: at('secrets', 'pocket-cloud.json'),
    managementKubeconfig: at('kubeconfig', 'management.yaml'),
    openstackAdminFile: at('secrets', 'openstack-admin.json'),
    oidcFile: at('oidc.json'),
    secretKeyFile: at('secrets', 'secret-key'),
    backups: at('backups'),
    backupIdentityFile: at('secrets', 'backup-identity'),
    imagesFile: at('images.json'),
    snapshotDefinitionsFile: at('snapshot-definitions.json'),
    settingsFile: (process) => at('secrets', `${process}.settings.json`),
    pidFile: (process) => at('run', `${process}.pid`),
    logFile: (process) => at('logs', `${process}.log`),
  };
}
