import { CommandError, type RunResult, run, waitFor } from '@matryoshka/system';
import { pocketCloudPaths } from '../config.ts';
import { inNamespace, networkNames } from '../engine/network/index.ts';
import type { TestCloud } from './instance.ts';
import type { Tenant } from './tenant.ts';

/** Uploads an image that everybody may boot. */
export async function uploadImage(cloud: TestCloud, data: Buffer): Promise<string> {
  const token = await cloud.token();
  const json = { name: 'server', disk_format: 'raw', container_format: 'bare', visibility: 'public' };
  const image = await cloud.call('glance', 'POST', '/v2/images', { token, json });
  const put = await cloud.call('glance', 'PUT', `/v2/images/${image.body.id}/file`, { token, data });
  if (put.status !== 204) throw new Error(`image: ${image.status}, ${put.status}`);
  return image.body.id as string;
}

/** A running server and ways into it. */
export interface TestServer {
  readonly id: string;
  readonly name: string;
  readonly portId: string;
  readonly address: string;
  readonly mac: string;
  /** Runs one of the image's programs inside the server; any exit code. */
  exec(...argv: readonly [string, ...string[]]): Promise<RunResult>;
  /** Runs one of the host's programs in the server's network. */
  execOfHost(...argv: readonly [string, ...string[]]): Promise<RunResult>;
  /** Whether it gets an echo reply within a second. */
  pings(address: string, ...options: readonly string[]): Promise<boolean>;
  /** What an URL answers within two seconds; undefined when nothing. */
  get(url: string): Promise<string | undefined>;
}

export interface ServerWish {
  readonly name: string;
  readonly imageId: string;
  readonly networks: readonly ({ readonly uuid: string; readonly fixed_ip?: string } | { readonly port: string })[];
  readonly securityGroups?: readonly string[];
  readonly userData?: string;
}

/** Boots a server and waits until it is ACTIVE and has named itself by metadata. Needs a network with DHCP. */
export async function bootServer(cloud: TestCloud, tenant: Tenant, wish: ServerWish): Promise<TestServer> {
  const { name, imageId, networks, securityGroups, userData } = wish;
  const server = {
    name,
    imageRef: imageId,
    flavorRef: '1',
    networks,
    ...(securityGroups === undefined ? {} : { security_groups: securityGroups.map((group) => ({ name: group })) }),
    ...(userData === undefined ? {} : { user_data: Buffer.from(userData).toString('base64') }),
  };
  const answer = await tenant.nova('POST', '/v2.1/servers', { server });
  if (answer.status !== 202) throw new Error(`server ${name}: ${answer.status} ${JSON.stringify(answer.body)}`);
  const id = answer.body.server.id as string;
  await serverBecomes(tenant, id, 'ACTIVE');
  const booted = await knownServer(cloud, tenant, id);
  const named = async (): Promise<boolean> => (await booted.exec('cat', '/srv/name')).stdout.trim() === name;
  if (!(await waitFor(named, { timeoutMs: 30_000 }))) throw new Error(`server ${name} does not get its metadata`);
  return booted;
}

export async function serverBecomes(tenant: Tenant, id: string, status: string): Promise<void> {
  let last: unknown;
  const reached = async (): Promise<boolean> => {
    last = (await tenant.nova('GET', `/v2.1/servers/${id}`)).body;
    const now = (last as { server?: { status: string } }).server?.status;
    if (now === 'ERROR' && status !== 'ERROR') throw new Error(`server failed: ${JSON.stringify(last)}`);
    return now === status;
  };
  if (!(await waitFor(reached, { timeoutMs: 60_000 }))) throw new Error(`not ${status}: ${JSON.stringify(last)}`);
}

/** Ways into a server that runs already. */
export async function knownServer(cloud: TestCloud, tenant: Tenant, id: string): Promise<TestServer> {
  const { body } = await tenant.neutron('GET', `/v2.0/ports?device_id=${id}`);
  const shown = (await tenant.nova('GET', `/v2.1/servers/${id}`)).body.server;
  const [port] = body.ports;
  const enter = async (...flags: readonly string[]): Promise<[string, ...string[]]> => [
    'nsenter',
    '--target',
    await initPid(cloud, id),
    ...flags,
    '--',
  ];
  const exec: TestServer['exec'] = async (...argv) =>
    await endsSomehow([...(await enter('--mount', '--uts', '--ipc', '--net', '--pid')), '/bin/busybox', ...argv]);
  return {
    id,
    name: shown.name,
    portId: port.id,
    address: port.fixed_ips[0].ip_address,
    mac: port.mac_address,
    exec,
    execOfHost: async (...argv) => await endsSomehow([...(await enter('--net')), ...argv]),
    pings: async (address, ...options) => (await exec('ping', '-c', '1', '-W', '1', ...options, address)).code === 0,
    // busybox's wget has a -T, which ends it by SIGSEGV in the static build.
    get: async (url) => {
      const { code, stdout } = await exec('timeout', '2', '/bin/wget', '-q', '-O', '-', url);
      return code === 0 ? stdout.trim() : undefined;
    },
  };
}

/** Runs a program whose failure is an answer, also when a signal ended it (as busybox's `timeout` does). */
async function endsSomehow(argv: readonly [string, ...string[]]): Promise<RunResult> {
  return await run(argv, { okCodes: 'any', timeoutMs: 20_000 }).catch((error: unknown) => {
    if (error instanceof CommandError) return { code: 128, stdout: '', stderr: error.stderr };
    throw error;
  });
}

/** Process id of a server's init; empty when it does not run. */
export async function initPid(cloud: TestCloud, id: string): Promise<string> {
  const directory = pocketCloudPaths(cloud.config).servers;
  const { switchNamespace } = networkNames(cloud.config.prefix);
  const argv = inNamespace(switchNamespace, ['lxc-info', '-P', directory, '-n', id, '-p', '-H']);
  return (await run(argv, { okCodes: 'any' })).stdout.trim();
}

/** Whether the condition comes to hold within the time, twenty seconds by default: data planes follow rows with a delay. */
export async function soon(condition: () => Promise<boolean>, timeoutMs = 20_000): Promise<boolean> {
  return await waitFor(condition, { timeoutMs, intervalMs: 100 });
}

/** What the host gets from a server's web server (`/name`) at an address; undefined when nobody answers within two seconds. */
export async function hostGets(address: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`http://${address}/name`, { signal: AbortSignal.timeout(2000) });
    return (await answer.text()).trim();
  } catch {
    return undefined;
  }
}
