import { readFileIfExists, run } from '@matryoshka/system';
import { ensureHostSettings, restoreHostSettings } from '../host-settings.ts';
import { cidrOf, formatCidr } from './cidr.ts';
import { ensureNamespace, ipBatch, listAddresses, listLinks, removeLink } from './linux.ts';
import { type NetworkNames, networkNames } from './names.ts';
import type { NetworkEngineConfig } from './spec.ts';

/**
 * The part that outlives and precedes everything else: the switch namespace with the external bridge, the host's leg on the provider network,
 * settings of the whole machine and masquerading. Idempotent; the platform calls it before it starts programs that listen on the host's address.
 */
export async function ensureHost(config: NetworkEngineConfig): Promise<void> {
  const names = networkNames(config.prefix);
  await ensureSwitch(names);
  await ensureHostLeg(config, names);
  await ensureHostSettings();
  await run(['nft', '-f', '-'], { input: hostRuleset(names, config.cidr) });
  await ensureForwardAccepted(names);
}

async function ensureSwitch(names: NetworkNames): Promise<void> {
  if ((await readFileIfExists('/proc/sys/net/bridge/bridge-nf-call-iptables')) === undefined)
    await run(['modprobe', 'br_netfilter'], { okCodes: 'any' });
  await ensureNamespace(names.switchNamespace, {
    'net.bridge.bridge-nf-call-iptables': '1',
    'net.bridge.bridge-nf-call-arptables': '0',
    'net.ipv6.conf.all.disable_ipv6': '1',
    'net.ipv6.conf.default.disable_ipv6': '1',
    'net.ipv4.ip_forward': '0',
  });
  await ensureBridge(names, names.externalBridge, 1500);
}

/** A bridge without addresses of its own: it only switches. */
export async function ensureBridge(names: NetworkNames, bridge: string, mtu: number): Promise<void> {
  const link = (await listLinks(names.switchNamespace)).find(({ ifname }) => ifname === bridge);
  const commands: string[] = [];
  if (link === undefined)
    commands.push(`link add ${bridge} mtu ${mtu} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`);
  if (link === undefined || link.mtu !== mtu || !link.flags.includes('UP'))
    commands.push(`link set ${bridge} mtu ${mtu} up`);
  await ipBatch(names.switchNamespace, commands);
}

async function ensureHostLeg(config: NetworkEngineConfig, names: NetworkNames): Promise<void> {
  const present = (await listLinks()).some((link) => link.ifname === names.hostLeg);
  if (!present) {
    await removeLink(names.switchNamespace, names.hostLegPeer);
    await ipBatch(undefined, [
      `link add ${names.hostLeg} type veth peer name ${names.hostLegPeer} netns ${names.switchNamespace}`,
    ]);
  }
  await ipBatch(names.switchNamespace, [`link set ${names.hostLegPeer} master ${names.externalBridge} up`]);
  const wanted = `${config.address}/${cidrOf(config.cidr).prefixLength}`;
  const addresses = await listAddresses(undefined, names.hostLeg);
  await ipBatch(undefined, [
    ...addresses.filter((address) => address !== wanted).map((address) => `addr del ${address} dev ${names.hostLeg}`),
    ...(addresses.includes(wanted) ? [] : [`addr add ${wanted} dev ${names.hostLeg}`]),
    `link set ${names.hostLeg} up`,
  ]);
}

/** Replaces the host's table as a whole. Only masquerading: what the host may reach, machines with a floating IP may reach, too. */
export function hostRuleset(names: NetworkNames, cidr: string): string {
  const network = formatCidr(cidrOf(cidr));
  return [
    `table inet ${names.hostTable}`,
    `delete table inet ${names.hostTable}`,
    `table inet ${names.hostTable} {`,
    '  chain postrouting {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    `    ip saddr ${network} oifname != "${names.hostLeg}" masquerade`,
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Where something (Docker) made the host drop forwarded packets by default, ours need an exception. */
async function ensureForwardAccepted(names: NetworkNames): Promise<void> {
  const { stdout, code } = await run(['iptables', '-S', 'FORWARD'], { okCodes: 'any' }).catch(() => ({
    stdout: '',
    code: 1,
  }));
  if (code !== 0 || !stdout.startsWith('-P FORWARD DROP')) return;
  for (const rule of forwardExceptions(names))
    if ((await run(['iptables', '-C', 'FORWARD', ...rule], { okCodes: 'any' })).code !== 0)
      await run(['iptables', '-I', 'FORWARD', ...rule]);
}

function forwardExceptions(names: NetworkNames): readonly (readonly string[])[] {
  const comment = ['-m', 'comment', '--comment', names.hostTable, '-j', 'ACCEPT'];
  return [
    ['-i', names.hostLeg, ...comment],
    ['-o', names.hostLeg, ...comment],
  ];
}

/** Undoes {@link ensureHost}: leaves the host as it was found. The namespaces of networks must be gone already. */
export async function removeHost(prefix: string): Promise<void> {
  const names = networkNames(prefix);
  for (const rule of forwardExceptions(names)) {
    const exists = await run(['iptables', '-C', 'FORWARD', ...rule], { okCodes: 'any' }).catch(() => ({ code: 1 }));
    if (exists.code === 0) await run(['iptables', '-D', 'FORWARD', ...rule]);
  }
  await run(['nft', '-f', '-'], { input: `table inet ${names.hostTable}\ndelete table inet ${names.hostTable}\n` });
  await removeLink(undefined, names.hostLeg);
  const tables = (await run(['nft', 'list', 'tables', 'inet'])).stdout;
  // Another instance may still need them: the last one restores.
  if (!/table inet matryoshka/.test(tables)) await restoreHostSettings();
}

/** The resolvers that DHCP namespaces may ask: the host's, but not a loopback one, which is out of their reach. */
export async function hostResolvers(): Promise<readonly string[]> {
  for (const file of ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']) {
    const text = (await readFileIfExists(file)) ?? '';
    const servers = [...text.matchAll(/^\s*nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/gm)].map((match) => match[1] ?? '');
    const usable = servers.filter((server) => !server.startsWith('127.'));
    if (usable.length > 0) return usable;
  }
  return [];
}
