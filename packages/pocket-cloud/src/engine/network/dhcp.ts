import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { daemonStatus, readFileIfExists, startDaemon, stopDaemon, writeFileAtomic } from '@matryoshka/system';
import {
  dnsmasqArguments,
  hostsFile,
  METADATA_ADDRESS,
  metadataProxyConfig,
  namesFile,
  optionsFile,
} from './dhcp-config.ts';
import { hostResolvers } from './host.ts';
import { ensureLegs, ensureRoutes } from './leg.ts';
import { inNamespace, removeNamespace } from './linux.ts';
import { type NetworkNames, networkNames } from './names.ts';
import type { DhcpSpec, NetworkEngineConfig } from './spec.ts';

interface Files {
  readonly directory: string;
  readonly dnsmasqPid: string;
  readonly proxyPid: string;
}

function filesOf(config: NetworkEngineConfig, networkId: string): Files {
  const directory = join(config.directory, networkId);
  return { directory, dnsmasqPid: join(directory, 'dnsmasq.pid'), proxyPid: join(directory, 'metadata-proxy.pid') };
}

/** A network's DHCP namespace: address service, names and the way to the metadata service. */
export async function ensureDhcp(config: NetworkEngineConfig, spec: DhcpSpec, bridge: string): Promise<void> {
  const names = networkNames(config.prefix);
  const namespace = names.dhcpNamespace(spec.networkId);
  await ensureLegs(names, namespace, [{ leg: spec.leg, bridge, extraAddresses: [`${METADATA_ADDRESS}/32`] }]);
  const gateway = spec.subnets.find((subnet) => subnet.gateway !== null)?.gateway;
  await ensureRoutes(namespace, gateway ? [{ destination: '0.0.0.0/0', nexthop: gateway }] : []);
  await ensureDnsmasq(config, names, spec, namespace);
  await ensureMetadataProxy(config, spec, namespace);
}

async function ensureDnsmasq(
  config: NetworkEngineConfig,
  names: NetworkNames,
  spec: DhcpSpec,
  namespace: string,
): Promise<void> {
  const { directory, dnsmasqPid } = filesOf(config, spec.networkId);
  const argv = dnsmasqArguments(spec, names.legInner(spec.leg.portId), directory, await hostResolvers());
  await mkdir(directory, { recursive: true });
  const running = await daemonStatus(dnsmasqPid);
  const oldHosts = await writeIfChanged(join(directory, 'hosts'), hostsFile(spec));
  const changes = [
    oldHosts !== undefined,
    (await writeIfChanged(join(directory, 'names'), namesFile(spec))) !== undefined,
    (await writeIfChanged(join(directory, 'options'), optionsFile(spec))) !== undefined,
  ];
  const newArguments = (await writeIfChanged(join(directory, 'arguments.json'), JSON.stringify(argv))) !== undefined;
  // dnsmasq keeps a removed host's lease until it ends and would refuse the address to the next owner; leases live in memory only, so a restart forgets them.
  const hostsNow = new Set(hostsFile(spec).split('\n'));
  const removedHost = (oldHosts ?? '').split('\n').some((line) => !hostsNow.has(line));
  if (running !== undefined && (removedHost || newArguments)) await stopDaemon(dnsmasqPid, { graceMs: 2000 });
  else if (running !== undefined && changes.includes(true)) process.kill(running.pid, 'SIGHUP');
  await startDaemon({
    name: 'dnsmasq',
    argv: inNamespace(namespace, ['dnsmasq', ...argv]),
    pidFile: dnsmasqPid,
    logFile: join(directory, 'dnsmasq.log'),
  });
}

async function ensureMetadataProxy(config: NetworkEngineConfig, spec: DhcpSpec, namespace: string): Promise<void> {
  const { directory, proxyPid } = filesOf(config, spec.networkId);
  const file = join(directory, 'metadata-proxy.cfg');
  const text = metadataProxyConfig(spec.networkId, config.metadataSocket);
  if ((await writeIfChanged(file, text)) !== undefined) await stopDaemon(proxyPid, { graceMs: 2000 });
  await startDaemon({
    name: 'metadata proxy',
    argv: inNamespace(namespace, ['haproxy', '-db', '-f', file]),
    pidFile: proxyPid,
    logFile: join(directory, 'metadata-proxy.log'),
  });
}

/** Writes when the content differs; answers the old content ('' where there was none), undefined when nothing was to do. */
async function writeIfChanged(path: string, text: string): Promise<string | undefined> {
  const old = await readFileIfExists(path);
  if (old === text) return undefined;
  await writeFileAtomic(path, text);
  return old ?? '';
}

/** Whether both programs of a network's DHCP namespace run. */
export async function dhcpRuns(config: NetworkEngineConfig, networkId: string): Promise<boolean> {
  const { dnsmasqPid, proxyPid } = filesOf(config, networkId);
  return (await daemonStatus(dnsmasqPid)) !== undefined && (await daemonStatus(proxyPid)) !== undefined;
}

/** Removes a DHCP namespace with its processes and files; known only by name, since the row is gone. */
export async function removeDhcp(config: NetworkEngineConfig, names: NetworkNames, namespace: string): Promise<void> {
  const folders = await readdir(config.directory).catch(() => []);
  for (const networkId of folders.filter((folder) => names.dhcpNamespace(folder) === namespace)) {
    const { directory, dnsmasqPid, proxyPid } = filesOf(config, networkId);
    await stopDaemon(dnsmasqPid, { graceMs: 2000 });
    await stopDaemon(proxyPid, { graceMs: 2000 });
    await rm(directory, { recursive: true, force: true });
  }
  await removeNamespace(namespace);
}
