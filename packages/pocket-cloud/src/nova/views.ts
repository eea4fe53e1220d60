import type { ApiRequest, JsonObject } from '../http/index.ts';
import type { ServerNetworking } from './networking.ts';
import type { FlavorRow, ServerRow } from './rows.ts';
import { powerStateOf, vmStateOf } from './vm-state.ts';
import type { ServerVolumes } from './volumes.ts';

/** Minor number of the microversion that the request speaks; 1 without a header, -1 for what is no version. */
export function minorVersion(request: Pick<ApiRequest, 'headers'>): number {
  const given = String(request.headers['openstack-api-version'] ?? '');
  const modern = /compute\s+2\.(\d+|latest)|compute\s+(latest)/.exec(given);
  if (modern === null && given.startsWith('compute')) return -1;
  const text =
    modern?.[1] ?? modern?.[2] ?? String(request.headers['x-openstack-nova-api-version'] ?? '2.1').replace(/^2\./, '');
  return text === 'latest' ? maxMinor : /^\d+$/.test(text) ? Number(text) : -1;
}
export const maxMinor = 90;

const links = (request: ApiRequest, path: string): readonly unknown[] => [
  { rel: 'self', href: `${request.baseUrl}/v2.1${path}` },
  { rel: 'bookmark', href: `${request.baseUrl}${path}` },
];

export function showFlavor(request: ApiRequest, row: FlavorRow, detail: boolean): JsonObject {
  const short = { id: row.id, name: row.name, links: links(request, `/flavors/${row.id}`) };
  if (!detail) return short;
  const minor = minorVersion(request);
  return {
    ...short,
    vcpus: row.vcpus,
    ram: row.ram,
    disk: row.disk,
    swap: minor >= 75 ? 0 : '',
    rxtx_factor: 1,
    'OS-FLV-EXT-DATA:ephemeral': 0,
    'OS-FLV-DISABLED:disabled': false,
    'os-flavor-access:is_public': true,
    ...(minor >= 55 ? { description: null } : {}),
    ...(minor >= 61 ? { extra_specs: JSON.parse(row.extra_specs) } : {}),
  };
}

export function addressesOf(ports: ReturnType<ServerNetworking['portsOfDevice']>): JsonObject {
  const result: Record<string, unknown[]> = {};
  for (const port of ports) {
    const list = result[port.networkName] ?? [];
    result[port.networkName] = list;
    const add = (addr: string, type: 'fixed' | 'floating'): unknown =>
      list.push({ version: 4, addr, 'OS-EXT-IPS:type': type, 'OS-EXT-IPS-MAC:mac_addr': port.macAddress });
    for (const fixed of port.fixedIps) add(fixed.ipAddress, 'fixed');
    for (const address of port.floatingIps) add(address, 'floating');
  }
  return result;
}

/** Source: Compute API reference, "Show server details". */
export function showServer(
  request: ApiRequest,
  { networking, volumes }: { readonly networking: ServerNetworking; readonly volumes: ServerVolumes },
  row: ServerRow,
): JsonObject {
  const minor = minorVersion(request);
  const flavor = JSON.parse(row.flavor) as FlavorRow;
  const ports = networking.portsOfDevice(row.id);
  const groups = [...new Set(ports.flatMap((port) => port.securityGroups.map((group) => group.name)))];
  const deleting = row.desired === 'deleted';
  return {
    id: row.id,
    name: row.name,
    status: row.reboot !== 0 && row.status === 'ACTIVE' ? (row.reboot === 2 ? 'HARD_REBOOT' : 'REBOOT') : row.status,
    tenant_id: row.project_id,
    user_id: row.user_id,
    metadata: JSON.parse(row.metadata),
    hostId: 'f0e4c2f76c58916ec258f246851bea091d14d4247a2fc3e18694461b',
    // Empty for a server that boots from a volume.
    image:
      row.image_id === ''
        ? ''
        : { id: row.image_id, links: [{ rel: 'bookmark', href: `${request.baseUrl}/images/${row.image_id}` }] },
    flavor:
      minor >= 47
        ? {
            original_name: flavor.name,
            vcpus: flavor.vcpus,
            ram: flavor.ram,
            disk: flavor.disk,
            ephemeral: 0,
            swap: 0,
            extra_specs: JSON.parse(flavor.extra_specs),
          }
        : { id: flavor.id, links: [{ rel: 'bookmark', href: `${request.baseUrl}/flavors/${flavor.id}` }] },
    created: row.created_at,
    updated: row.updated_at,
    addresses: addressesOf(ports),
    accessIPv4: '',
    accessIPv6: '',
    links: links(request, `/servers/${row.id}`),
    'OS-DCF:diskConfig': 'MANUAL',
    progress: row.status === 'ACTIVE' ? 100 : 0,
    'OS-EXT-AZ:availability_zone': row.availability_zone,
    config_drive: row.config_drive,
    key_name: row.key_name,
    'OS-SRV-USG:launched_at': row.launched_at === null ? null : row.launched_at.replace('Z', '.000000'),
    'OS-SRV-USG:terminated_at': null,
    ...(groups.length === 0 ? {} : { security_groups: groups.map((name) => ({ name })) }),
    'OS-EXT-STS:task_state': deleting ? 'deleting' : row.task_state,
    'OS-EXT-STS:vm_state': vmStateOf(row),
    'OS-EXT-STS:power_state': powerStateOf(row),
    'os-extended-volumes:volumes_attached': volumes.ofServer(row.id).map((volume) => ({
      id: volume.volumeId,
      ...(minor >= 3 ? { delete_on_termination: volume.deleteOnTermination } : {}),
    })),
    ...(row.fault !== null && row.status === 'ERROR' ? { fault: JSON.parse(row.fault) } : {}),
    ...(request.caller.isAdmin
      ? {
          'OS-EXT-SRV-ATTR:host': 'pocket',
          'OS-EXT-SRV-ATTR:instance_name': row.id,
          'OS-EXT-SRV-ATTR:hypervisor_hostname': 'pocket',
        }
      : {}),
    ...(minor >= 9 ? { locked: row.locked === 1 } : {}),
    ...(minor >= 19 ? { description: row.description } : {}),
    ...(minor >= 26 ? { tags: JSON.parse(row.tags) } : {}),
    ...(minor >= 63 ? { trusted_image_certificates: null } : {}),
    ...(minor >= 71 ? { server_groups: row.server_group_id === null ? [] : [row.server_group_id] } : {}),
    ...(minor >= 73 ? { locked_reason: null } : {}),
    ...(minor >= 90 ? { 'OS-EXT-SRV-ATTR:hostname': row.hostname } : {}),
  };
}

export function showServerShort(request: ApiRequest, row: ServerRow): JsonObject {
  return { id: row.id, name: row.name, links: links(request, `/servers/${row.id}`) };
}
