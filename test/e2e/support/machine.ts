import { readdir, readFile } from 'node:fs/promises';
import { run } from '@matryoshka/system';

/** What of the machine a platform could leave behind; each a sorted list of lines. */
export type MachineSnapshot = Readonly<Record<string, readonly string[]>>;

const hostSettings = [
  'kernel/panic',
  'kernel/panic_on_oops',
  'vm/overcommit_memory',
  'net/ipv4/ip_forward',
  'fs/inotify/max_user_instances',
];

async function lines(argv: readonly [string, ...string[]]): Promise<readonly string[]> {
  const { stdout } = await run(argv, { okCodes: 'any' });
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Counters and handles change by themselves. */
const withoutNumbers = (line: string): string => line.replace(/\[\d+:\d+\]/g, '').replace(/# handle \d+/g, '');

async function folders(path: string): Promise<readonly string[]> {
  return await readdir(path).catch(() => []);
}

/** `ours` = texts by which a process of the test platform is recognised: other processes of the machine come and go. */
export async function machineSnapshot(ours: readonly string[]): Promise<MachineSnapshot> {
  const processes = (await lines(['ps', '-e', '-o', 'pid=,args=', '-ww'])).filter((line) =>
    ours.some((text) => line.includes(text)),
  );
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' ').slice(3, 5).join(' '));
  const settings = await Promise.all(
    hostSettings.map(async (name) => `${name} = ${(await readFile(`/proc/sys/${name}`, 'utf8')).trim()}`),
  );
  const cgroups = await lines(['find', '/sys/fs/cgroup', '-maxdepth', '4', '-type', 'd']);
  const snapshot: Record<string, readonly string[]> = {
    processes: processes.map((line) => line.replace(/^\d+ /, '')),
    mounts,
    namespaces: await folders('/run/netns'),
    links: (await lines(['ip', '-o', 'link', 'show'])).map((line) => (line.split(': ')[1] ?? '').split('@')[0] ?? ''),
    routes: await lines(['ip', 'route', 'show', 'table', 'all']),
    addresses: (await lines(['ip', '-o', '-4', 'addr', 'show'])).map((line) => line.split(/\s+/).slice(1, 4).join(' ')),
    nftables: (await lines(['nft', 'list', 'ruleset'])).map(withoutNumbers),
    iptables: (await lines(['iptables-save'])).filter((line) => !line.startsWith('#')).map(withoutNumbers),
    ipsets: await lines(['ipset', 'list', '-name']),
    loopDevices: await lines(['losetup', '--list', '--noheadings', '--output', 'BACK-FILE']),
    cgroups,
    settings,
    files: [
      ...(await folders('/var/lib')).map((name) => `/var/lib/${name}`),
      ...(await folders('/etc')).map((name) => `/etc/${name}`),
      ...(await folders('/run')).map((name) => `/run/${name}`),
      ...(await folders('/tmp'))
        .filter((name) => ours.some((text) => name.includes(text)) || /matryoshka/.test(name))
        .map((name) => `/tmp/${name}`),
    ],
  };
  return Object.fromEntries(Object.entries(snapshot).map(([kind, list]) => [kind, [...list].sort()]));
}

/** What is there now and was not before, by kind; empty when nothing was left behind. */
export function leftBehind(
  before: MachineSnapshot,
  after: MachineSnapshot,
): Readonly<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {};
  for (const [kind, list] of Object.entries(after)) {
    const rest = [...(before[kind] ?? [])];
    const more = list.filter((line) => {
      const at = rest.indexOf(line);
      if (at < 0) return true;
      rest.splice(at, 1);
      return false;
    });
    if (more.length > 0) found[kind] = more;
  }
  return found;
}
