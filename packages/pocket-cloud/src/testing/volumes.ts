import { type RunResult, run, waitFor } from '@matryoshka/system';
import type { TestCloud } from './instance.ts';
import { initPid, serverBecomes } from './servers.ts';
import type { Tenant } from './tenant.ts';

type Json = Readonly<Record<string, unknown>>;

/** Creates a volume and waits until it is made; answers its id. */
export async function makeVolume(tenant: Tenant, fields: Json): Promise<string> {
  const { status, body } = await tenant.cinder('POST', '/volumes', { volume: fields });
  if (status !== 202) throw new Error(`volume: ${status} ${JSON.stringify(body)}`);
  await volumeBecomes(tenant, body.volume.id, 'available');
  return body.volume.id;
}

/** Waits until a volume (or `snapshots/<id>`) has a status; `gone` = 404. */
export async function volumeBecomes(tenant: Tenant, id: string, status: string): Promise<void> {
  const path = id.includes('/') ? `/${id}` : `/volumes/${id}`;
  let last = '';
  const reached = async (): Promise<boolean> => {
    const answer = await tenant.cinder('GET', path);
    last = answer.status === 404 ? 'gone' : (answer.body.volume ?? answer.body.snapshot).status;
    return last === status;
  };
  if (!(await waitFor(reached, { timeoutMs: 30_000, intervalMs: 50 })))
    throw new Error(`${path} is ${last}, not ${status}`);
}

export interface MachineShell {
  readonly id: string;
  /** Runs a shell line of busybox in the server. */
  sh(line: string): Promise<RunResult>;
}

/** Boots a server without a network. */
export async function bootMachine(cloud: TestCloud, tenant: Tenant, fields: Json): Promise<MachineShell> {
  const server = { name: 'machine', flavorRef: '1', networks: 'none', ...fields };
  const { status, body } = await tenant.nova('POST', '/v2.1/servers', { server });
  if (status !== 202) throw new Error(`server: ${status} ${JSON.stringify(body)}`);
  const id = body.server.id as string;
  await serverBecomes(tenant, id, 'ACTIVE');
  return {
    id,
    sh: async (line) => {
      const enter = ['nsenter', '--target', await initPid(cloud, id), '--mount', '--uts', '--pid', '--'] as const;
      return await run([...enter, '/bin/busybox', 'sh', '-c', line], { okCodes: 'any', timeoutMs: 20_000 });
    },
  };
}

export async function attach(tenant: Tenant, serverId: string, volumeId: string): Promise<void> {
  const path = `/v2.1/servers/${serverId}/os-volume_attachments`;
  const { status, body } = await tenant.nova('POST', path, { volumeAttachment: { volumeId } });
  if (status !== 200) throw new Error(`attachment: ${status} ${JSON.stringify(body)}`);
  await volumeBecomes(tenant, volumeId, 'in-use');
}

export async function detach(tenant: Tenant, serverId: string, volumeId: string): Promise<void> {
  const path = `/v2.1/servers/${serverId}/os-volume_attachments/${volumeId}`;
  const { status, body } = await tenant.nova('DELETE', path);
  if (status !== 202) throw new Error(`detachment: ${status} ${JSON.stringify(body)}`);
}
