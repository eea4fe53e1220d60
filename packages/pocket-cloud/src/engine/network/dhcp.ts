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
import { endStrays, inNamespace, removeNamespace } from './linux.ts';
import { type NetworkNames, networkNames } from './names.ts';
import type { DhcpSpec, NetworkEngineConfig } from './spec.ts';

interface Files {
  readonly directory: string;
  readonly dnsmasqPid: string;
  readonly proxyPid: string;
  /** Everything that dnsmasq was last started with. */
  readonly startedWith: string;
}

function filesOf(config: NetworkEngineConfig, networkId: string): Files {
  const directory = join(config.directory, networkId);
  return {
    directory,
    dnsmasqPid: join(directory, 'dnsmasq.pid'),
    proxyPid: join(directory, 'metadata-proxy.pid'),
    startedWith: join(directory, 'dnsmasq.started-with.json'),
  };
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

/**
 * Every change is a restart. It could read its files again on SIGHUP, but keeps the lease of a host that went and refuses the address to the next
 * owner, and Debian's 2.90 often ends by SIGSEGV there while it has leases. Leases are not kept anywhere: each host has its own address.
 */
async function ensureDnsmasq(
  config: NetworkEngineConfig,
  names: NetworkNames,
  spec: DhcpSpec,
  namespace: string,
): Promise<void> {
  const { directory, dnsmasqPid, startedWith } = filesOf(config, spec.networkId);
  const wanted = {
    argv: dnsmasqArguments(spec, names.legInner(spec.leg.portId), directory, await hostResolvers()),
    hosts: hostsFile(spec),
    names: namesFile(spec),
    options: optionsFile(spec),
  };
  await mkdir(directory, { recursive: true });
  for (const file of ['hosts', 'names', 'options'] as const) await writeIfChanged(join(directory, file), wanted[file]);
  const text = JSON.stringify(wanted);
  // Not the files decide but what it was started with: a crash may have come between writing and starting.
  const isNew = (await readFileIfExists(startedWith)) !== text;
  if (isNew) await stopDaemon(dnsmasqPid, { graceMs: 2000 });
  if ((await daemonStatus(dnsmasqPid)) === undefined) await endStrays(namespace, 'dnsmasq');
  await startDaemon({
    name: 'dnsmasq',
    argv: inNamespace(namespace, ['dnsmasq', ...wanted.argv]),
    pidFile: dnsmasqPid,
    logFile: join(directory, 'dnsmasq.log'),
  });
  if (isNew) await writeFileAtomic(startedWith, text);
}

async function ensureMetadataProxy(config: NetworkEngineConfig, spec: DhcpSpec, namespace: string): Promise<void> {
  const { directory, proxyPid } = filesOf(config, spec.networkId);
  const file = join(directory, 'metadata-proxy.cfg');
  const text = metadataProxyConfig(spec.networkId, config.metadataSocket);
  // Ended before the file changes, so that a running proxy always has what the file says.
  if ((await readFileIfExists(file)) !== text) await stopDaemon(proxyPid, { graceMs: 2000 });
  await writeIfChanged(file, text);
  if ((await daemonStatus(proxyPid)) === undefined) await endStrays(namespace, 'haproxy');
  await startDaemon({
    name: 'metadata proxy',
    argv: inNamespace(namespace, ['haproxy', '-db', '-f', file]),
    pidFile: proxyPid,
    logFile: join(directory, 'metadata-proxy.log'),
  });
}

async function writeIfChanged(path: string, text: string): Promise<void> {
  if ((await readFileIfExists(path)) !== text) await writeFileAtomic(path, text);
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
