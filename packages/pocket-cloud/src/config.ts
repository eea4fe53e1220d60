import { join } from 'node:path';
import { TypedError } from '@matryoshka/system';

/** The services of one pocket cloud; each listens on a port of its own, as in a real cloud. */
export type ServiceName = 'keystone' | 'nova' | 'neutron' | 'glance' | 'octavia' | 'cinder' | 'placement';

export interface PocketCloudConfig {
  /** The platform's data directory; everything of ours lies in `<dataDir>/pocket-cloud`. */
  readonly dataDir: string;
  /** Host-side address of the provider network; every API listens there and the catalogue names it. */
  readonly address: string;
  /** Provider ("public") network, e.g. `172.29.0.0/20`. */
  readonly cidr: string;
  /** At most four letters: start of every interface, namespace and nft table name. Two pocket clouds on one host need different ones. */
  readonly prefix: string;
  readonly ports: Readonly<Record<ServiceName, number>>;
  readonly region: string;
  readonly adminPassword: string;
  /** Serves the socket by which tests inject faults. */
  readonly faults: boolean;
}

export type PocketCloudOptions = Partial<Omit<PocketCloudConfig, 'ports'>> & {
  readonly ports?: Partial<Record<ServiceName, number>>;
};

export const defaultPorts: Readonly<Record<ServiceName, number>> = {
  keystone: 5000,
  nova: 8774,
  neutron: 9696,
  glance: 9292,
  octavia: 9876,
  cinder: 8776,
  placement: 8778,
};

/** Fills in defaults and checks what was given. Throws TypedError `bad_config` naming the field. */
export function pocketCloudConfig(options: PocketCloudOptions & { readonly adminPassword: string }): PocketCloudConfig {
  const config: PocketCloudConfig = {
    dataDir: options.dataDir ?? process.env.MATRYOSHKA_DATA_DIR ?? '/var/lib/matryoshka',
    address: options.address ?? '172.29.0.1',
    cidr: options.cidr ?? '172.29.0.0/20',
    prefix: options.prefix ?? 'mat',
    ports: { ...defaultPorts, ...options.ports },
    region: options.region ?? 'RegionOne',
    adminPassword: options.adminPassword,
    faults: options.faults ?? false,
  };
  check(/^[a-z]{1,4}$/.test(config.prefix), 'prefix', 'one to four lower-case letters');
  check(/^\d+\.\d+\.\d+\.\d+$/.test(config.address), 'address', 'an IPv4 address');
  check(/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(config.cidr), 'cidr', 'an IPv4 network such as 172.29.0.0/20');
  // Its addresses are translated on their way out: those of lo would cut the host off from itself.
  check(!config.cidr.startsWith('127.'), 'cidr', 'no loopback network');
  check(config.dataDir.startsWith('/'), 'dataDir', 'an absolute path');
  check(config.adminPassword.length > 0, 'adminPassword', 'not empty');
  const ports = Object.values(config.ports);
  check(
    ports.every((port) => Number.isInteger(port) && port > 0 && port < 65536) && new Set(ports).size === ports.length,
    'ports',
    'different numbers between 1 and 65535',
  );
  return config;
}

function check(ok: boolean, field: string, expected: string): void {
  if (!ok)
    throw new TypedError(`pocket cloud configuration: ${field} must be ${expected}`, {
      code: 'bad_config',
      actor: 'user',
      next: `Correct "${field}" in the configuration file or flag.`,
    });
}

/** Every place on disk that pocket cloud uses. */
export interface PocketCloudPaths {
  readonly root: string;
  readonly stateFile: string;
  readonly lockFile: string;
  readonly images: string;
  readonly servers: string;
  readonly networks: string;
  readonly loadBalancers: string;
  readonly volumes: string;
  readonly run: string;
  readonly metadataSocket: string;
  readonly adminSocket: string;
}

export function pocketCloudPaths(config: Pick<PocketCloudConfig, 'dataDir'>): PocketCloudPaths {
  const root = join(config.dataDir, 'pocket-cloud');
  const run = join(root, 'run');
  return {
    root,
    stateFile: join(root, 'state.sqlite'),
    lockFile: join(run, 'lock'),
    images: join(root, 'images'),
    servers: join(root, 'servers'),
    networks: join(root, 'networks'),
    loadBalancers: join(root, 'load-balancers'),
    volumes: join(root, 'volumes'),
    run,
    metadataSocket: join(run, 'metadata.sock'),
    adminSocket: join(run, 'admin.sock'),
  };
}

/** Base URL of a service without path, e.g. `http://172.29.0.1:9696`. */
export function serviceUrl(config: PocketCloudConfig, service: ServiceName): string {
  return `http://${config.address}:${config.ports[service]}`;
}
