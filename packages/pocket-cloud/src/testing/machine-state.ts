import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileIfExists, run } from '@matryoshka/system';

/**
 * What a cloud could leave on the machine, one line each: namespaces, interfaces, addresses, routes, mounts, packet filter rules, sets, cgroups,
 * loop devices, host settings, and processes that have to do with one of the `marks` (its directory, its namespaces). Two states are compared;
 * what another pocket cloud on the machine does meanwhile, recognised by its prefix, is left out.
 */
export async function machineState(prefix: string, marks: readonly string[]): Promise<ReadonlySet<string>> {
  const lines = async (what: string, ...argv: readonly [string, ...string[]]): Promise<string[]> =>
    (await run(argv, { okCodes: 'any' })).stdout
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .map((line) => `${what}: ${line}`);
  const links = JSON.parse((await run(['ip', '-j', 'link'])).stdout) as readonly { readonly ifname: string }[];
  const found = [
    ...(await readdir('/run/netns').catch(() => [])).map((name) => `namespace: ${name}`),
    ...links.map(({ ifname }) => `interface: ${ifname}`),
    ...(await lines('address', 'ip', '-brief', '-4', 'addr')),
    ...(await lines('route', 'ip', '-4', 'route')),
    ...(await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => `mount: ${line.split(' ')[1] ?? ''}`),
    ...(await lines('nft', 'nft', 'list', 'tables')),
    ...(await lines('iptables', 'iptables', '-S')),
    ...(await lines('ipset', 'ipset', 'list', '-n')),
    ...(await lines('loop', 'losetup', '--noheadings', '--list', '--output', 'BACK-FILE')),
    ...(await cgroups(marks)),
    ...(await processes(marks)),
    ...(await settings()),
  ];
  const isOthers = othersLines(found, prefix);
  return new Set(found.filter((line) => !isOthers(line)));
}

/** Tells lines of other pocket clouds: their namespaces and tables give away their prefixes. */
function othersLines(found: readonly string[], prefix: string): (line: string) => boolean {
  const prefixes = found.flatMap((line) => {
    const table = /^nft: table inet matryoshka(?:_([a-z]+))?$/.exec(line);
    if (table !== null) return table[1] ?? 'mat';
    return /^namespace: ([a-z]{1,4})-(?:switch|dhcp|router|lb)\b/.exec(line)?.[1] ?? [];
  });
  const others = [...new Set(prefixes)].filter((other) => other !== prefix).join('|');
  if (others === '') return () => false;
  const names = new RegExp(`\\b(${others})(0\\b|-)|table inet matryoshka(_(${others}))?$`);
  // The last one restores forwarding.
  return (line) => names.test(line) || line.startsWith('setting: net/ipv4/ip_forward');
}

/** Lines of the second state that the first one lacks. */
export function added(before: ReadonlySet<string>, after: ReadonlySet<string>): readonly string[] {
  return [...after].filter((line) => !before.has(line)).toSorted();
}

/** LXC's cgroups, without those in which another cloud's servers run. */
async function cgroups(marks: readonly string[]): Promise<readonly string[]> {
  const base = '/sys/fs/cgroup';
  const roots = [base, ...(await readdir(base)).map((name) => join(base, name))];
  const found = await Promise.all(
    roots.map(async (root) => {
      const names = (await readdir(root).catch(() => [])).filter((name) => name.startsWith('lxc'));
      return await Promise.all(
        names.map(async (name) => ({ name, foreign: await isForeign(join(root, name), marks) })),
      );
    }),
  );
  const foreign = new Set(found.flat().flatMap((group) => (group.foreign ? group.name : [])));
  const own = new Set(found.flat().flatMap(({ name }) => (foreign.has(name) ? [] : name)));
  // LXC's common cgroup belongs to no cloud: it stays while any container of the machine is there, and those of other
  // tests come and go between a purge and this look. That the last purge removes it is the e2e test's to say.
  own.delete('lxc.pivot');
  return [...own].map((name) => `cgroup: ${name}`);
}

async function isForeign(group: string, marks: readonly string[]): Promise<boolean> {
  const pids = ((await readFileIfExists(join(group, 'cgroup.procs')).catch(() => '')) ?? '')
    .split('\n')
    .filter(Boolean);
  const related = await Promise.all(pids.map(async (pid) => await isRelated(pid, marks)));
  if (related.includes(false)) return true;
  const below = (await readdir(group, { withFileTypes: true }).catch(() => [])).filter((entry) => entry.isDirectory());
  const foreign = await Promise.all(below.map(async (entry) => await isForeign(join(group, entry.name), marks)));
  return foreign.includes(true);
}

/** Whether a process names one of the marks in its command line or among its mounts (a server's root is an overlay in the cloud's directory). */
async function isRelated(pid: string, marks: readonly string[]): Promise<boolean> {
  const read = async (file: string): Promise<string> =>
    (await readFileIfExists(`/proc/${pid}/${file}`).catch(() => '')) ?? '';
  const text = `${await read('cmdline')}\n${await read('mountinfo')}`;
  return marks.some((mark) => text.includes(mark));
}

async function processes(marks: readonly string[]): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const own = await readFile('/proc/self/mountinfo', 'utf8');
  const found = await Promise.all(
    pids.map(async (pid) => {
      if (!(await isRelated(pid, marks))) return [];
      const command = ((await readFileIfExists(`/proc/${pid}/cmdline`).catch(() => '')) ?? '')
        .replaceAll('\0', ' ')
        .trim();
      // A mount of ours in the host's own mount namespace shows in every process; it has a line of its own.
      const mounts = (await readFileIfExists(`/proc/${pid}/mountinfo`).catch(() => '')) ?? '';
      return mounts === own && !marks.some((mark) => command.includes(mark)) ? [] : [`process: ${pid} ${command}`];
    }),
  );
  return found.flat();
}

async function settings(): Promise<readonly string[]> {
  const names = [
    'net/ipv4/ip_forward',
    'fs/inotify/max_user_instances',
    'kernel/panic',
    'kernel/panic_on_oops',
    'vm/overcommit_memory',
  ];
  return await Promise.all(
    names.map(async (name) => `setting: ${name} ${((await readFileIfExists(`/proc/sys/${name}`)) ?? '').trim()}`),
  );
}
