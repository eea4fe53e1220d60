import { type ImageRow, imageById, mayUseImage } from '../glance/index.ts';
import {
  ApiError,
  type ApiReply,
  type ApiRequest,
  accepted,
  badRequest,
  bodyObject,
  type Caller,
  isObject,
  type JsonObject,
  optionalArray,
  optionalBoolean,
  optionalString,
  requiredString,
  stringMap,
} from '../http/index.ts';
import { newId, type Store, timestamp } from '../store/index.ts';
import { claimBlockDevices, readBlockDevices } from './block-devices.ts';
import { recordAction } from './instance-actions.ts';
import { checkQuota } from './quotas.ts';
import { type FlavorRow, flavorById, type KeypairRow, type ServerRow, serverById, updateServer } from './rows.ts';
import { serverTags } from './server-metadata.ts';
import type { ServerApi } from './servers.ts';
import { showServerShort } from './views.ts';

/** Source: nova/api/openstack/compute/schemas/servers.py. */
const serverFields: ReadonlySet<string> = new Set([
  'name',
  'imageRef',
  'flavorRef',
  'adminPass',
  'metadata',
  'networks',
  'OS-DCF:diskConfig',
  'accessIPv4',
  'accessIPv6',
  'personality',
  'availability_zone',
  'block_device_mapping',
  'block_device_mapping_v2',
  'config_drive',
  'key_name',
  'min_count',
  'max_count',
  'return_reservation_id',
  'security_groups',
  'user_data',
  'description',
  'tags',
  'trusted_image_certificates',
  'host',
  'hypervisor_hostname',
  'hostname',
]);

/** Source: Compute API reference, "Create server". */
export async function createServer(api: ServerApi, request: ApiRequest): Promise<ApiReply> {
  const { store, networking, controller } = api;
  const { caller } = request;
  const wanted = bodyObject(request.body, 'server');
  const name = requiredString(wanted, 'name');
  const unknown = Object.keys(wanted).find((key) => !serverFields.has(key));
  if (unknown !== undefined)
    throw badRequest(
      `Invalid input for field/attribute server. Value: ${JSON.stringify(wanted).slice(0, 200)}. Additional properties are not allowed ('${unknown}' was unexpected)`,
    );
  const flavor = flavorById(
    store,
    String(wanted.flavorRef ?? '')
      .split('/')
      .at(-1) ?? '',
  );
  if (flavor === undefined) throw badRequest(`Flavor ${String(wanted.flavorRef)} could not be found.`);
  const { imageId, devices } = readBlockDevices(wanted);
  const image = imageId === undefined ? undefined : bootableImage(store, caller, imageId, flavor);
  const userData = optionalString(wanted, 'user_data', 65_535) ?? null;
  const keyName = optionalString(wanted, 'key_name') ?? null;
  const key =
    keyName === null
      ? undefined
      : store.get<KeypairRow>('select * from keypair where user_id = ? and name = ?', caller.userId, keyName);
  if (keyName !== null && key === undefined) throw badRequest('Invalid key_name provided.');
  const groupId = serverGroupOf(store, request);
  const zone = optionalString(wanted, 'availability_zone')?.split(':')[0] ?? 'nova';
  if (zone !== 'nova') throw badRequest('The requested availability zone is not available');
  const tags = serverTags(optionalArray(wanted, 'tags') ?? []);
  checkQuota(store, caller.projectId, flavor);

  const id = newId();
  const now = timestamp();
  const hostname =
    (optionalString(wanted, 'hostname') ?? name)
      .toLowerCase()
      .replaceAll(/[^a-z0-9.-]+/g, '-')
      .replaceAll(/^[-.]+|[-.]+$/g, '')
      .slice(0, 63) || `server-${id}`;
  // Until its ports are there the row wants its own end: a crash in between is cleaned up by the next start.
  store.run(
    `insert into server (id, project_id, user_id, name, hostname, image_id, flavor, desired, status, task_state, metadata, tags, user_data,
       key_name, key_data, availability_zone, server_group_id, config_drive, description, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, 'deleted', 'BUILD', 'scheduling', ?, ?, ?, ?, ?, 'nova', ?, ?, ?, ?, ?)`,
    id,
    caller.projectId,
    caller.userId,
    name,
    hostname,
    image?.id ?? '',
    JSON.stringify(flavor),
    JSON.stringify(stringMap(isObject(wanted.metadata) ? wanted.metadata : {})),
    JSON.stringify(tags),
    userData,
    keyName,
    key?.public_key ?? null,
    groupId,
    optionalBoolean(wanted, 'config_drive') === true ? 'True' : '',
    optionalString(wanted, 'description') ?? null,
    now,
    now,
  );
  try {
    try {
      claimBlockDevices(api.volumes, caller, id, devices);
    } catch (error) {
      throw error instanceof ApiError && error.status === 404 ? badRequest(error.message) : error;
    }
    const securityGroups = (optionalArray(wanted, 'security_groups') ?? []).flatMap((group) =>
      isObject(group) && typeof group.name === 'string' ? [group.name] : [],
    );
    for (const nic of nicsOf(wanted))
      await networking.createPortForServer({
        projectId: caller.projectId,
        serverId: id,
        serverName: hostname,
        availabilityZone: zone,
        ...nic,
        ...(securityGroups.length === 0 ? {} : { securityGroups }),
      });
  } catch (error) {
    controller.changed(id);
    throw error;
  }
  recordAction(store, request, id, 'create');
  updateServer(store, id, { desired: 'running' });
  controller.changed(id);
  return accepted(
    {
      server: {
        ...showServerShort(request, serverById(store, id) as ServerRow),
        'OS-DCF:diskConfig': 'MANUAL',
        security_groups: [{ name: 'default' }],
        adminPass: newId().slice(0, 12),
      },
    },
    { location: `${request.baseUrl}/v2.1/servers/${id}` },
  );
}

/** Throws 400 in Nova's words for an image that the caller cannot boot with that flavor. */
export function bootableImage(store: Store, caller: Caller, imageId: string, flavor: FlavorRow): ImageRow {
  const image = imageById(store, imageId);
  if (image === undefined || !mayUseImage(store, caller, image))
    throw badRequest(`Image ${imageId} could not be found.`);
  if (image.status !== 'active') throw badRequest(`Image ${imageId} is unacceptable: Image status must be active.`);
  if (image.min_ram > flavor.ram) throw badRequest("Flavor's memory is too small for requested image.");
  if (image.min_disk > flavor.disk) throw badRequest("Flavor's disk is too small for requested image.");
  return image;
}

function nicsOf(wanted: JsonObject): readonly { networkId?: string; portId?: string; fixedIp?: string }[] {
  const networks = wanted.networks;
  if (networks === 'none') return [];
  // Without a choice Neutron takes the project's only network, or refuses.
  if (networks === undefined || networks === 'auto' || networks === null) return [{}];
  if (!Array.isArray(networks))
    throw badRequest("Invalid input for field/attribute networks: it must be a list, 'auto' or 'none'.");
  return networks.map((entry: unknown) => {
    if (!isObject(entry)) throw badRequest('Invalid input for field/attribute networks.');
    const portId = optionalString(entry, 'port');
    const networkId = optionalString(entry, 'uuid');
    const fixedIp = optionalString(entry, 'fixed_ip');
    if (portId === undefined && networkId === undefined)
      throw badRequest('Bad networks format: network uuid or port is needed.');
    return {
      ...(portId === undefined ? {} : { portId }),
      ...(networkId === undefined ? {} : { networkId }),
      ...(fixedIp === undefined ? {} : { fixedIp }),
    };
  });
}

function serverGroupOf(store: Store, request: ApiRequest): string | null {
  const body = isObject(request.body) ? request.body : {};
  const hints = [body['os:scheduler_hints'], body['OS-SCH-HNT:scheduler_hints']].find(isObject);
  const id = hints === undefined ? undefined : optionalString(hints, 'group');
  if (id === undefined) return null;
  const found = store.get<{ project_id: string }>('select project_id from server_group where id = ?', id);
  if (found === undefined || found.project_id !== request.caller.projectId)
    throw badRequest(`Instance group ${id} could not be found.`);
  return id;
}
