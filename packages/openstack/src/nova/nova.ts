import { orUndefined } from '../transport/errors.ts';
import { type Resource, resource } from '../transport/resource.ts';
import type { CallOptions, Session } from '../transport/session.ts';
import type { ComputeLimits, ComputeQuota, CreateServer, Flavor, Keypair, Server, ServerGroup } from './types.ts';

/** Nova 2.64 (Rocky): flavors embedded in servers (2.47), tags at creation (2.52), one policy per server group (2.64). */
export const computeMicroversion = '2.64';

export interface CreateFlavor {
  readonly name: string;
  readonly id?: string;
  readonly vcpus: number;
  readonly ram: number;
  readonly disk: number;
}

/** Nova v2.1. */
export interface Nova {
  readonly flavors: Resource<Flavor, CreateFlavor, never>;
  readonly servers: Resource<Server, CreateServer, { readonly name?: string }>;
  readonly serverGroups: Resource<
    ServerGroup,
    { readonly name: string; readonly policy: ServerGroup['policy'] },
    never
  >;
  readonly keypairs: {
    list(signal?: AbortSignal): Promise<readonly Keypair[]>;
    /** Undefined where there is none of that name. */
    find(name: string, signal?: AbortSignal): Promise<Keypair | undefined>;
    create(body: { readonly name: string; readonly public_key: string }, signal?: AbortSignal): Promise<Keypair>;
    delete(name: string, signal?: AbortSignal): Promise<void>;
  };
  /** The end of a server's console, at most `lines` lines. */
  consoleLog(serverId: string, options?: { readonly lines?: number; readonly signal?: AbortSignal }): Promise<string>;
  /** An action without an answer body: `os-start`, `os-stop`, `reboot` with `{type:'HARD'}`, … */
  serverAction(serverId: string, action: string, body?: unknown, signal?: AbortSignal): Promise<void>;
  /** Limits and use of the session's project. */
  limits(signal?: AbortSignal): Promise<ComputeLimits>;
  quota(projectId: string, signal?: AbortSignal): Promise<ComputeQuota>;
  /** Needs the admin role. */
  setQuota(projectId: string, quota: Partial<ComputeQuota>, signal?: AbortSignal): Promise<ComputeQuota>;
  availabilityZones(signal?: AbortSignal): Promise<readonly { readonly name: string; readonly available: boolean }[]>;
}

export function nova(session: Session, microversion: string = computeMicroversion): Nova {
  const headers = {
    'openstack-api-version': `compute ${microversion}`,
    'x-openstack-nova-api-version': microversion,
  };
  const compute = <T, Create, Update>(path: string, singular: string, plural: string, listPath?: string) =>
    resource<T, Create, Update>(session, {
      service: 'compute',
      path,
      singular,
      plural,
      headers,
      ...(listPath === undefined ? {} : { listPath }),
    });
  const json = async <T>(method: 'GET' | 'POST' | 'PUT', path: string, options: CallOptions): Promise<T> => {
    const { text } = await session.call('compute', method, path, { ...options, headers });
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const id = encodeURIComponent;
  return {
    flavors: compute('/flavors', 'flavor', 'flavors', '/flavors/detail'),
    servers: compute('/servers', 'server', 'servers', '/servers/detail'),
    serverGroups: compute('/os-server-groups', 'server_group', 'server_groups'),
    keypairs: {
      list: async (signal) =>
        (await json<{ keypairs: { keypair: Keypair }[] }>('GET', '/os-keypairs', { signal })).keypairs.map(
          (entry) => entry.keypair,
        ),
      find: async (name, signal) =>
        (await orUndefined(json<{ keypair: Keypair }>('GET', `/os-keypairs/${id(name)}`, { signal })))?.keypair,
      create: async (body, signal) =>
        (await json<{ keypair: Keypair }>('POST', '/os-keypairs', { json: { keypair: body }, signal })).keypair,
      delete: async (name, signal) => {
        await orUndefined(session.call('compute', 'DELETE', `/os-keypairs/${id(name)}`, { headers, signal }));
      },
    },
    consoleLog: async (serverId, options = {}) =>
      (
        await json<{ output: string }>('POST', `/servers/${id(serverId)}/action`, {
          json: { 'os-getConsoleOutput': options.lines === undefined ? {} : { length: options.lines } },
          signal: options.signal,
        })
      ).output,
    serverAction: async (serverId, action, body = null, signal) => {
      await json('POST', `/servers/${id(serverId)}/action`, { json: { [action]: body }, signal });
    },
    limits: async (signal) =>
      (await json<{ limits: { absolute: ComputeLimits } }>('GET', '/limits', { signal })).limits.absolute,
    quota: async (projectId, signal) =>
      (await json<{ quota_set: ComputeQuota }>('GET', `/os-quota-sets/${id(projectId)}`, { signal })).quota_set,
    setQuota: async (projectId, quota, signal) =>
      (
        await json<{ quota_set: ComputeQuota }>('PUT', `/os-quota-sets/${id(projectId)}`, {
          json: { quota_set: quota },
          signal,
        })
      ).quota_set,
    availabilityZones: async (signal) =>
      (
        await json<{ availabilityZoneInfo: { zoneName: string; zoneState: { available: boolean } }[] }>(
          'GET',
          '/os-availability-zone',
          { signal },
        )
      ).availabilityZoneInfo.map((zone) => ({ name: zone.zoneName, available: zone.zoneState.available })),
  };
}
