import { join } from 'node:path';
import { readFileIfExists, run, writeFileAtomic } from '@matryoshka/system';

/** A block device inside a machine: `/dev/<name>` and `/dev/disk/by-id/virtio-<first 20 of serial>`, as udev names disks of virtio-blk. */
export interface MachineDisk {
  readonly name: string;
  readonly serial: string;
  readonly major: number;
  readonly minor: number;
}

const listFile = (directory: string): string => join(directory, 'disks');
export const disksHook = (directory: string): string => join(directory, 'disks.sh');

/** Makes /dev of a machine hold the disks of its list and no other; run by LXC at each start (also one from inside) and by us while it runs. */
function hookScript(directory: string): string {
  return `#!/bin/sh -e
PATH=/usr/sbin:/usr/bin:/sbin:/bin
dev="\${DISKS_ROOT:-$LXC_ROOTFS_MOUNT}/dev"
list='${listFile(directory)}'
mkdir -p "$dev/disk/by-id"
for link in "$dev"/disk/by-id/virtio-*; do
  [ -L "$link" ] || continue
  serial="\${link##*/virtio-}"
  grep -q " $serial$" "$list" && continue
  name=$(readlink "$link")
  rm -f "$dev/\${name##*/}" "$link"
done
while read -r name major minor serial; do
  if [ "$(stat -c %t:%T "$dev/$name" 2>&1)" != "$(printf '%x:%x' "$major" "$minor")" ]; then
    rm -f "$dev/$name"
    mknod -m 660 "$dev/$name" b "$major" "$minor"
  fi
  ln -sfn "../../$name" "$dev/disk/by-id/virtio-$serial"
done < "$list"
`;
}

const lineOf = (disk: MachineDisk): string => `${disk.name} ${disk.major} ${disk.minor} ${disk.serial.slice(0, 20)}\n`;

/** Writes what the machine shall have; the next start makes it so. */
export async function writeDisks(directory: string, disks: readonly MachineDisk[]): Promise<void> {
  await writeFileAtomic(listFile(directory), disks.map(lineOf).join(''));
  await writeFileAtomic(disksHook(directory), hookScript(directory), 0o755);
}

/** Brings a running machine to its list. */
export async function applyDisks(directory: string, initPid: string): Promise<void> {
  await run(['env', `DISKS_ROOT=/proc/${initPid}/root`, disksHook(directory)]);
}

/** Whether a mount of a machine (or of anything inside it) uses the device. */
export async function diskInUse(directory: string, initPid: string, serial: string): Promise<boolean> {
  const line = ((await readFileIfExists(listFile(directory))) ?? '')
    .split('\n')
    .find((each) => each.endsWith(` ${serial.slice(0, 20)}`));
  if (line === undefined) return false;
  const [, major, minor] = line.split(' ');
  const namespaces = await mountNamespaces(initPid);
  for (const pid of namespaces) {
    const mounts = (await readFileIfExists(`/proc/${pid}/mountinfo`).catch(() => undefined)) ?? '';
    if (mounts.split('\n').some((each) => each.split(' ')[2] === `${major}:${minor}`)) return true;
  }
  return false;
}

/** One process of each mount namespace below a machine's init. */
async function mountNamespaces(initPid: string): Promise<readonly string[]> {
  const { stdout } = await run(['lsns', '--type', 'mnt', '--noheadings', '--raw', '--output', 'PID'], {
    okCodes: 'any',
  });
  const pids = stdout.split('\n').filter((pid) => pid !== '');
  const own: string[] = [];
  for (const pid of pids) if (await isBelow(pid, initPid)) own.push(pid);
  return own.includes(initPid) ? own : [initPid, ...own];
}

async function isBelow(pid: string, ancestor: string): Promise<boolean> {
  for (let current = pid; current !== '0' && current !== '1'; ) {
    if (current === ancestor) return true;
    const status = (await readFileIfExists(`/proc/${current}/status`).catch(() => undefined)) ?? '';
    const parent = /^PPid:\s+(\d+)$/m.exec(status)?.[1];
    if (parent === undefined) return false;
    current = parent;
  }
  return false;
}
