import { TypedError } from '@matryoshka/system';
import type { PlatformConfig } from '../config.ts';
import { type Feature, type MachineReadings, readMachine } from './readings.ts';

/** Something about the machine that keeps the platform from running on it. */
export interface Problem {
  readonly code: 'os' | 'root' | 'memory' | 'disk' | 'not_writable' | 'kernel' | 'port' | 'address_range';
  readonly message: string;
  readonly remedy: string;
}

const gib = 1024 ** 3;
/** Management cluster, its controllers and one small customer cluster take about 6 GiB. */
export const neededMemoryBytes = 7 * gib;
/** For a first installation; what is there already needs room to work, not its own size once more. */
export const neededDiskBytes = {
  data: { empty: 15 * gib, filled: 1 * gib },
  cache: { empty: 20 * gib, filled: 2 * gib },
} as const;

const module: Readonly<Record<Feature, string>> = {
  overlayfs: 'overlay',
  squashfs: 'squashfs',
  bridge: 'bridge',
  veth: 'veth',
  vxlan: 'vxlan',
  'network namespaces': 'none: CONFIG_NET_NS',
  'packet filter': 'nf_tables, ip_tables',
  br_netfilter: 'br_netfilter',
  'loop devices': 'loop',
};

/** Judges a machine: every problem, one message each. Pure. */
export function findProblems(machine: MachineReadings, config: PlatformConfig): readonly Problem[] {
  const problems: Problem[] = [];
  const isDebian = ['debian', 'ubuntu'].some((id) => machine.os.id === id || machine.os.like.includes(id));
  if (!isDebian)
    problems.push({
      code: 'os',
      message: `This system is ${machine.os.name || 'unknown'}; Matryoshka needs Debian or Ubuntu`,
      remedy: 'Use a Debian 12 machine.',
    });
  if (machine.uid !== 0)
    problems.push({
      code: 'root',
      message: 'Not run as root: network, machines and packages need it',
      remedy: 'Run the same command as root (sudo).',
    });
  if (machine.memoryBytes < neededMemoryBytes)
    problems.push({
      code: 'memory',
      message: `The machine has ${inGib(machine.memoryBytes)} of memory; ${inGib(neededMemoryBytes)} are needed`,
      remedy: 'Give the machine more memory, or use a larger one.',
    });
  for (const disk of machine.disks) {
    const needed = neededDiskBytes[disk.use][disk.filled ? 'filled' : 'empty'];
    if (disk.freeBytes < needed)
      problems.push({
        code: 'disk',
        message: `The disk of ${disk.path} has ${inGib(disk.freeBytes)} free; ${inGib(needed)} are needed`,
        remedy: `Free some space, or choose another place with ${disk.use === 'data' ? '--data-dir' : 'MATRYOSHKA_CACHE_DIR'}.`,
      });
    if (!disk.writable)
      problems.push({
        code: 'not_writable',
        message: `${disk.path} cannot be written`,
        remedy: `Mount it writable, or choose another place with ${disk.use === 'data' ? '--data-dir' : 'MATRYOSHKA_CACHE_DIR'}.`,
      });
  }
  for (const [feature, present] of Object.entries(machine.features) as [Feature, boolean][])
    if (!present)
      problems.push({
        code: 'kernel',
        message: `The kernel offers no ${feature}`,
        remedy: `Load its module (${module[feature]}) with modprobe, or boot a kernel that has it.`,
      });
  for (const port of machine.ports)
    if (port.taken)
      problems.push({
        code: 'port',
        message: `Port ${port.port} (${port.service}) is taken by another process`,
        remedy: `Find it with: ss -ltnp 'sport = :${port.port}', and end it or move it.`,
      });
  // Interfaces with our prefix are what an earlier `up` made.
  for (const network of machine.networks)
    if (!network.device.startsWith(config.network.prefix) && overlaps(network.cidr, config.network.cidr))
      problems.push({
        code: 'address_range',
        message: `The address range ${config.network.cidr} is in use: ${network.cidr} on interface ${network.device}`,
        remedy: 'Choose another range for the provider network, or remove that route.',
      });
  return problems;
}

/** Reads and judges this machine. */
export async function preflight(config: PlatformConfig): Promise<readonly Problem[]> {
  return findProblems(await readMachine(config), config);
}

/** All problems in one error; the first line says how many. */
export function preflightError(problems: readonly Problem[]): TypedError {
  const list = problems.map((problem) => `- ${problem.message}\n  ${problem.remedy}`).join('\n');
  return new TypedError(
    `This machine cannot run Matryoshka yet (${problems.length === 1 ? '1 problem' : `${problems.length} problems`}):\n${list}`,
    {
      code: 'machine_unfit',
      actor: 'user',
      details: { problems },
    },
  );
}

function inGib(bytes: number): string {
  return `${(bytes / gib).toFixed(1)} GiB`;
}

/** Whether two IPv4 networks share an address. */
export function overlaps(a: string, b: string): boolean {
  const left = range(a);
  const right = range(b);
  return left !== undefined && right !== undefined && left.first <= right.last && right.first <= left.last;
}

function range(cidr: string): { readonly first: number; readonly last: number } | undefined {
  const found = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (found === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, length = 0] = found.slice(1).map(Number);
  const size = 2 ** (32 - length);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}
