import type { Cloud, Port, Server } from '@matryoshka/openstack';
import { sleep, TypedError } from '@matryoshka/system';
import { isManagementServer, newServerName } from './settings.ts';

export interface ServerWish {
  readonly index: number;
  readonly port: Port;
  readonly imageId: string;
  readonly flavorId: string;
  /** For the server of a name. */
  readonly userData: (name: string) => string;
}

/** The server of this index, if there is one. */
export async function findServer(
  cloud: Cloud,
  projectId: string,
  index: number,
  signal: AbortSignal,
): Promise<Server | undefined> {
  return (await listServers(cloud, projectId, signal)).find(({ name }) => isManagementServer(name, index));
}

/** All servers of the management cluster. */
export async function listServers(cloud: Cloud, projectId: string, signal: AbortSignal): Promise<readonly Server[]> {
  const list = await cloud.nova.servers.list({ name: '^mgmt-' }, signal);
  return list.filter(({ name, tenant_id }) => isManagementServer(name) && tenant_id === projectId);
}

/**
 * Makes the server unless it is there, and starts one that was stopped. Resolves when it is ACTIVE. One in ERROR is deleted, so that the next
 * run makes a new one, and its fault is thrown as TypedError `server_failed`.
 */
export async function ensureServer(
  cloud: Cloud,
  projectId: string,
  wish: ServerWish,
  signal: AbortSignal,
  report: (detail: string) => void,
): Promise<Server> {
  const found = await findServer(cloud, projectId, wish.index, signal);
  const name = found?.name ?? newServerName(wish.index);
  const existing =
    found ??
    (await cloud.nova.servers.create(
      {
        name,
        flavorRef: wish.flavorId,
        imageRef: wish.imageId,
        networks: [{ port: wish.port.id }],
        user_data: Buffer.from(wish.userData(name), 'utf8').toString('base64'),
      },
      signal,
    ));
  let started = false;
  for (;;) {
    const server = await cloud.nova.servers.get(existing.id, signal);
    if (server.status === 'ACTIVE') return server;
    if (server.status === 'ERROR') {
      await cloud.nova.servers.delete(server.id, signal);
      throw new TypedError(`The management server ${name} failed: ${server.fault?.message ?? 'no reason given'}`, {
        code: 'server_failed',
        next: 'Remove the cause, then run the same command again: it makes a new server.',
      });
    }
    if (server.status === 'SHUTOFF' && !started) {
      await cloud.nova.serverAction(server.id, 'os-start', null, signal);
      started = true;
    }
    report(`${name} is ${server.status}`);
    await sleep(300, signal);
  }
}
