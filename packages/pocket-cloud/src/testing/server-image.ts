import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@matryoshka/system';

/** Programs that the test image runs or that tests run in it; all are busybox. */
const applets = [
  'arping',
  'cat',
  'grep',
  'httpd',
  'ifconfig',
  'ip',
  'kill',
  'mkdir',
  'nc',
  'nslookup',
  'ping',
  'ps',
  'sed',
  'sh',
  'sleep',
  'test',
  'udhcpc',
  'wget',
] as const;

// 37 = SIGRTMIN+3, what systemd takes for "power off".
const init = `#!/bin/sh
trap 'exit 0' 37 TERM
export PATH=/bin
ip link set lo up
echo MACHINE-UP
ip link show eth0 >/dev/null 2>&1 && udhcpc -i eth0 -b -t 60 -T 1 -O 121 -O mtu -s /etc/dhcp.sh &
(
  until wget -q -O /tmp/meta_data.json http://169.254.169.254/openstack/latest/meta_data.json; do sleep 1; done
  sed -n 's/.*"name":"\\([^"]*\\)".*/\\1/p' /tmp/meta_data.json >/srv/name
  wget -q -O /tmp/user_data http://169.254.169.254/openstack/latest/user_data && sh /tmp/user_data
) &
httpd -p 80 -h /srv
nc -ll -p 7 -e cat &
while :; do sleep 1 & wait $!; done
`;

const dhcp = `#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr flush dev "$interface"
ip addr add "$ip/$mask" dev "$interface"
[ -n "$mtu" ] && ip link set dev "$interface" mtu "$mtu"
if [ -n "$staticroutes" ]; then
  set -- $staticroutes
  while [ -n "$1" ]; do ip route add "$1" via "$2" dev "$interface"; shift 2; done
elif [ -n "$router" ]; then
  ip route add default via "$router" dev "$interface"
fi
echo "nameserver \${dns%% *}" >/etc/resolv.conf
echo "LEASE $ip/$mask"
`;

/**
 * A server image made of busybox, packed in a second: it takes its address by DHCP, its name and user data (a shell script) from the metadata
 * service, shows its name by HTTP on port 80 (`/name`) and echoes on port 7.
 */
export async function makeServerImage(directory: string): Promise<Buffer> {
  const root = join(directory, 'server-root');
  for (const name of ['bin', 'sbin', 'dev', 'proc', 'sys', 'tmp', 'etc', 'srv'])
    await mkdir(join(root, name), { recursive: true });
  await run(['cp', '/bin/busybox', join(root, 'bin/busybox')]);
  for (const applet of applets) await symlink('busybox', join(root, 'bin', applet));
  await writeFile(join(root, 'sbin/init'), init, { mode: 0o755 });
  await writeFile(join(root, 'etc/dhcp.sh'), dhcp, { mode: 0o755 });
  const file = join(directory, 'server.squashfs');
  await run(['mksquashfs', root, file, '-no-progress', '-quiet', '-noappend']);
  return await readFile(file);
}
