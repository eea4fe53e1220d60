import { access, constants, mkdir, readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { CommandError, daemonStatus, errorMessage, hasErrnoCode, readFileIfExists, run } from '@matryoshka/system';
import { type PlatformConfig, type ProcessName, platformPaths } from '../config.ts';

export type Feature =
  | 'overlayfs'
  | 'squashfs'
  | 'bridge'
  | 'veth'
  | 'vxlan'
  | 'network namespaces'
  | 'packet filter'
  | 'br_netfilter'
  | 'loop devices';

export interface PortReading {
  readonly port: number;
  readonly service: string;
  /** Taken by a process that is not ours. */
  readonly taken: boolean;
}

/** What the machine is like. Gathered in one place, so that judging it is pure. */
export interface MachineReadings {
  readonly os: { readonly id: string; readonly like: readonly string[]; readonly name: string };
  readonly uid: number;
  readonly memoryBytes: number;
  readonly disks: readonly {
    readonly use: 'data' | 'cache';
    readonly path: string;
    /** An earlier run has put its large things there. */
    readonly filled: boolean;
    readonly freeBytes: number;
    readonly writable: boolean;
  }[];
  readonly features: Readonly<Record<Feature, boolean>>;
  readonly ports: readonly PortReading[];
  /** IPv4 networks that other interfaces of the machine know. */
  readonly networks: readonly { readonly cidr: string; readonly device: string }[];
}

/** Looks at the machine and changes nothing, but for kernel modules that it asks the kernel to load. */
export async function readMachine(config: PlatformConfig): Promise<MachineReadings> {
  return {
    os: parseOsRelease((await readFileIfExists('/etc/os-release')) ?? ''),
    uid: process.getuid?.() ?? -1,
    memoryBytes: parseMemTotal(await readFile('/proc/meminfo', 'utf8')),
    disks: [
      await readDisk('data', config.dataDir, platformPaths(config).managementKubeconfig),
      await readDisk('cache', config.cacheDir, join(config.cacheDir, 'worker-image')),
    ],
    features: await readFeatures(),
    ports: await readPorts(config),
    networks: await readNetworks(),
  };
}

/** os-release(5). */
export function parseOsRelease(text: string): MachineReadings['os'] {
  const value = (key: string): string => new RegExp(`^${key}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return { id: value('ID'), like: value('ID_LIKE').split(' ').filter(Boolean), name: value('PRETTY_NAME') };
}

export function parseMemTotal(meminfo: string): number {
  return Number(/^MemTotal:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? 0) * 1024;
}

async function isAccessible(path: string, mode = constants.F_OK): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}

/** `late`: a file that is made when most of what goes there is there. */
async function readDisk(use: 'data' | 'cache', path: string, late: string): Promise<MachineReadings['disks'][number]> {
  const filled = await isAccessible(late);
  let existing = path;
  for (;;) {
    try {
      const { bavail, bsize } = await statfs(existing);
      const writable = await isAccessible(existing, constants.W_OK);
      return { use, path, filled, freeBytes: bavail * bsize, writable };
    } catch (error) {
      if (!hasErrnoCode(error, 'ENOENT') || existing === '/') throw error;
      existing = dirname(existing);
    }
  }
}

async function readFeatures(): Promise<MachineReadings['features']> {
  // Loading is best effort: built-in features have no module, and some kernels load none.
  for (const name of ['overlay', 'squashfs', 'loop', 'bridge', 'br_netfilter', 'veth', 'vxlan'])
    await run(['modprobe', '--quiet', name], { okCodes: 'any' }).catch(() => undefined);
  const filesystems = await readFile('/proc/filesystems', 'utf8');
  const link = async (type: string): Promise<boolean> => await canMakeLink(type);
  return {
    overlayfs: /\boverlay$/m.test(filesystems),
    squashfs: /\bsquashfs$/m.test(filesystems),
    bridge: await link('bridge'),
    veth: await link('veth'),
    vxlan: await link('vxlan'),
    'network namespaces': await isAccessible('/proc/self/ns/net'),
    'packet filter': (await isAccessible('/proc/net/ip_tables_names')) || (await isAccessible('/proc/net/netfilter')),
    br_netfilter: await isAccessible('/proc/sys/net/bridge/bridge-nf-call-iptables'),
    'loop devices': await isAccessible('/dev/loop-control'),
  };
}

/** Tries it inside a network namespace of its own, which goes with the command: nothing is left on the machine. */
async function canMakeLink(type: string): Promise<boolean> {
  const more: readonly string[] = type === 'vxlan' ? ['id', '1', 'dstport', '4789', 'local', '127.0.0.1'] : [];
  try {
    await run(['unshare', '--net', 'ip', 'link', 'add', 'try0', 'type', type, ...more]);
    return true;
  } catch (error) {
    // Without the program (a bare machine, before its packages are there) nothing can be said against the kernel.
    return !(error instanceof CommandError);
  }
}

async function readPorts(config: PlatformConfig): Promise<readonly PortReading[]> {
  const { keystone, nova, neutron, glance, octavia, cinder, placement, registry, postgres, api } = config.ports;
  const wanted: readonly (readonly [string, ProcessName, number, string])[] = [
    ...Object.entries({ keystone, nova, neutron, glance, octavia, cinder, placement }).map(
      ([name, port]) => [name, 'pocket-cloud', port, config.network.address] as const,
    ),
    ['registry', 'registry', registry, config.network.address],
    ['PostgreSQL', 'postgres', postgres, config.network.address],
    ['kaas-api', 'kaas-api', api, '127.0.0.1'],
  ];
  const readings: PortReading[] = [];
  for (const [service, owner, port, address] of wanted) {
    const ours = (await daemonStatus(platformPaths(config).pidFile(owner))) !== undefined;
    readings.push({ service, port, taken: !ours && (await isTaken(address, port)) });
  }
  return readings;
}

/** Whether somebody listens there: on that address or on all addresses. */
export async function isTaken(address: string, port: number): Promise<boolean> {
  const attempt = async (host: string): Promise<string | undefined> =>
    await new Promise((resolve) => {
      const server = createServer();
      server.once('error', (error) => resolve('code' in error ? String(error.code) : errorMessage(error)));
      server.listen(port, host, () => server.close(() => resolve(undefined)));
    });
  const result = await attempt(address);
  // The provider network's address appears only when its interface is made: then nobody can sit on it, but somebody may on all addresses.
  return result === 'EADDRNOTAVAIL' ? (await attempt('127.0.0.1')) === 'EADDRINUSE' : result === 'EADDRINUSE';
}

async function readNetworks(): Promise<MachineReadings['networks']> {
  return parseRoutes(await readFile('/proc/net/route', 'utf8'));
}

/** /proc/net/route: device, destination and mask in hexadecimal, bytes in the machine's (little-endian) order. The default route is left out. */
export function parseRoutes(text: string): MachineReadings['networks'] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .flatMap(([device, destination, , , , , , mask]) => {
      if (device === undefined || destination === undefined || mask === undefined || mask === '00000000') return [];
      const address = (destination.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16));
      const length = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length;
      return [{ cidr: `${address.join('.')}/${length}`, device }];
    });
}

/** Makes the data directory, for root only to write. */
export async function ensureDataDir(config: PlatformConfig): Promise<void> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o755 });
}
