import { imageById } from '../glance/index.ts';
import {
  ApiError,
  type ApiReply,
  type ApiRequest,
  accepted,
  badRequest,
  bodyObject,
  canSee,
  conflict,
  forbidden,
  isObject,
  type JsonObject,
  listPage,
  noContent,
  notFound,
  ok,
  optionalArray,
  optionalBoolean,
  optionalString,
  type Route,
  requiredString,
  route,
} from '../http/index.ts';
import { newId, type Store, timestamp } from '../store/index.ts';
import type { ServerController } from './controller.ts';
import { interfaceRoutes } from './interfaces.ts';
import type { ServerNetworking } from './networking.ts';
import { checkQuota } from './quotas.ts';
import { flavorById, type KeypairRow, type ServerRow, serverById, updateServer } from './rows.ts';
import { addressesOf, minorVersion, showServer, showServerShort } from './views.ts';

export interface ServerApi {
  readonly store: Store;
  readonly networking: ServerNetworking;
  readonly controller: ServerController;
}

/** Source: Compute API reference, "Servers" and "Servers - run an action". */
export function serverRoutes(api: ServerApi): readonly Route[] {
  const { store, networking } = api;
  const find = (request: ApiRequest): ServerRow => {
    const row = serverById(store, request.params.id ?? '');
    if (row === undefined || !canSee(request.caller, row.project_id))
      throw notFound(`Instance ${request.params.id} could not be found.`);
    return row;
  };
  const list = (request: ApiRequest, detail: boolean): ApiReply => {
    const { caller, query } = request;
    const everywhere = caller.isAdmin && /^(1|true|)$/i.test(query.get('all_tenants') ?? '0');
    const rows = store
      .all<ServerRow>('select * from server order by created_at desc, id')
      .filter((row) => everywhere || row.project_id === caller.projectId)
      .filter((row) => !query.has('name') || nameMatches(query.get('name') ?? '', row.name))
      .filter(
        (row) => !query.has('status') || query.getAll('status').some((status) => status.toUpperCase() === row.status),
      );
    const page = listPage(request, rows, {
      idOf: (row) => row.id,
      filters: {
        image: (row) => row.image_id,
        flavor: (row) => (JSON.parse(row.flavor) as { id: string }).id,
        uuid: (row) => row.id,
        key_name: (row) => row.key_name,
        ...(everywhere
          ? { project_id: (row: ServerRow) => row.project_id, tenant_id: (row: ServerRow) => row.project_id }
          : {}),
      },
      sortKeys: { created_at: (row) => row.created_at, display_name: (row) => row.name, uuid: (row) => row.id },
    });
    return ok({
      servers: page.items.map((row) => (detail ? showServer(request, networking, row) : showServerShort(request, row))),
      ...(page.next === undefined ? {} : { servers_links: [{ rel: 'next', href: page.next }] }),
    });
  };
  return [
    route('GET', '/v2.1/servers', (request) => list(request, false)),
    route('GET', '/v2.1/servers/detail', (request) => list(request, true)),
    route('POST', '/v2.1/servers', async (request) => await createServer(api, request)),
    route('GET', '/v2.1/servers/:id', (request) => ok({ server: showServer(request, networking, find(request)) })),
    route('PUT', '/v2.1/servers/:id', (request) => {
      const row = find(request);
      const name = optionalString(bodyObject(request.body, 'server'), 'name');
      if (name !== undefined) updateServer(store, row.id, { name });
      return ok({ server: showServer(request, networking, find(request)) });
    }),
    route('DELETE', '/v2.1/servers/:id', (request) => {
      const row = find(request);
      if (row.locked === 1 && !request.caller.isAdmin) throw conflict(`Instance ${row.id} is locked`);
      updateServer(store, row.id, { desired: 'deleted' });
      api.controller.changed(row.id);
      return noContent;
    }),
    route('POST', '/v2.1/servers/:id/action', async (request) => await runAction(api, request, find(request))),
    route('GET', '/v2.1/servers/:id/ips', (request) =>
      ok({ addresses: addressesOf(networking.portsOfDevice(find(request).id)) }),
    ),
    route('GET', '/v2.1/servers/:id/metadata', (request) => ok({ metadata: JSON.parse(find(request).metadata) })),
    ...(['POST', 'PUT'] as const).map((method) =>
      route(method, '/v2.1/servers/:id/metadata', (request) => {
        const row = find(request);
        const wanted = stringMap(bodyObject(request.body, 'metadata'));
        const metadata = method === 'PUT' ? wanted : { ...JSON.parse(row.metadata), ...wanted };
        updateServer(store, row.id, { metadata: JSON.stringify(metadata) });
        return ok({ metadata });
      }),
    ),
    route('DELETE', '/v2.1/servers/:id/metadata/:key', (request) => {
      const row = find(request);
      const { [request.params.key ?? '']: gone, ...rest } = JSON.parse(row.metadata) as Record<string, string>;
      if (gone === undefined) throw notFound('Metadata item was not found');
      updateServer(store, row.id, { metadata: JSON.stringify(rest) });
      return noContent;
    }),
    route('GET', '/v2.1/servers/:id/tags', (request) => ok({ tags: JSON.parse(find(request).tags) })),
    route('PUT', '/v2.1/servers/:id/tags', (request) => {
      const row = find(request);
      const tags = isObject(request.body) && Array.isArray(request.body.tags) ? request.body.tags.map(String) : [];
      updateServer(store, row.id, { tags: JSON.stringify(tags) });
      return ok({ tags });
    }),
    ...interfaceRoutes(api, find),
    route('GET', '/v2.1/servers/:id/os-volume_attachments', (request) => {
      find(request);
      return ok({ volumeAttachments: [] });
    }),
    route('GET', '/v2.1/servers/:id/os-security-groups', (request) =>
      ok({
        security_groups: networking
          .portsOfDevice(find(request).id)
          .flatMap((port) => port.securityGroups)
          .map((group) => ({ ...group, description: '', rules: [] })),
      }),
    ),
  ];
}

/** Nova compares names as regular expressions; a bad one is a 400. */
function nameMatches(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern).test(name);
  } catch {
    throw badRequest(`Invalid filter value for name: ${pattern}`);
  }
}

function stringMap(object: JsonObject): Record<string, string> {
  for (const [key, value] of Object.entries(object))
    if (typeof value !== 'string' || value.length > 255 || key.length > 255)
      throw badRequest(
        `Invalid input for field/attribute ${key}. Value: ${String(value)}. It must be a string of at most 255 characters`,
      );
  return object as Record<string, string>;
}

async function createServer(api: ServerApi, request: ApiRequest): Promise<ApiReply> {
  const { store, networking, controller } = api;
  const { caller } = request;
  const wanted = bodyObject(request.body, 'server');
  const name = requiredString(wanted, 'name');
  const flavor = flavorById(
    store,
    String(wanted.flavorRef ?? '')
      .split('/')
      .at(-1) ?? '',
  );
  if (flavor === undefined) throw badRequest(`Flavor ${String(wanted.flavorRef)} could not be found.`);
  const imageId = imageOf(wanted);
  const image = imageById(store, imageId);
  if (
    image === undefined ||
    !(
      caller.isAdmin ||
      image.project_id === caller.projectId ||
      image.visibility === 'public' ||
      image.visibility === 'community'
    )
  )
    throw badRequest(`Image ${imageId} could not be found.`);
  if (image.status !== 'active') throw badRequest(`Image ${imageId} is unacceptable: Image status must be active.`);
  if (image.min_ram > flavor.ram) throw badRequest("Flavor's memory is too small for requested image.");
  if (image.min_disk > flavor.disk) throw badRequest("Flavor's disk is too small for requested image.");
  const userData = optionalString(wanted, 'user_data', 65_535) ?? null;
  if (userData !== null && !/^[A-Za-z0-9+/=\s]*$/.test(userData))
    throw badRequest('Userdata content cannot be decoded: it must be base64.');
  const keyName = optionalString(wanted, 'key_name') ?? null;
  const key =
    keyName === null
      ? undefined
      : store.get<KeypairRow>('select * from keypair where user_id = ? and name = ?', caller.userId, keyName);
  if (keyName !== null && key === undefined) throw badRequest('Invalid key_name provided.');
  const groupId = serverGroupOf(store, request);
  const zone = optionalString(wanted, 'availability_zone')?.split(':')[0] ?? 'nova';
  if (zone !== 'nova') throw badRequest('The requested availability zone is not available');
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
       key_name, key_data, availability_zone, server_group_id, config_drive, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, 'deleted', 'BUILD', 'scheduling', ?, ?, ?, ?, ?, 'nova', ?, ?, ?, ?)`,
    id,
    caller.projectId,
    caller.userId,
    name,
    hostname,
    imageId,
    JSON.stringify(flavor),
    JSON.stringify(stringMap(isObject(wanted.metadata) ? wanted.metadata : {})),
    JSON.stringify(optionalArray(wanted, 'tags') ?? []),
    userData,
    keyName,
    key?.public_key ?? null,
    groupId,
    optionalBoolean(wanted, 'config_drive') === true ? 'True' : '',
    now,
    now,
  );
  try {
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

function imageOf(wanted: JsonObject): string {
  const direct = optionalString(wanted, 'imageRef');
  if (direct !== undefined && direct !== '') return direct.split('/').at(-1) ?? '';
  const devices = optionalArray(wanted, 'block_device_mapping_v2') ?? [];
  const local = devices.find(
    (device) => isObject(device) && device.source_type === 'image' && device.destination_type === 'local',
  );
  if (isObject(local) && typeof local.uuid === 'string') return local.uuid;
  if (devices.length > 0) throw badRequest('Block Device Mapping is Invalid: volumes are not available in this cloud.');
  throw badRequest('Invalid imageRef provided.');
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

async function runAction(api: ServerApi, request: ApiRequest, row: ServerRow): Promise<ApiReply> {
  const { store, controller } = api;
  const body = isObject(request.body) ? request.body : {};
  const [action] = Object.keys(body);
  const argument = isObject(body[action ?? '']) ? (body[action ?? ''] as JsonObject) : {};
  const need = (...states: readonly string[]): void => {
    if (row.locked === 1 && !request.caller.isAdmin) throw conflict(`Instance ${row.id} is locked`);
    if (!states.includes(row.status))
      throw conflict(
        `Cannot '${action?.replace(/^os-/, '')}' instance ${row.id} while it is in vm_state ${row.status.toLowerCase()}`,
      );
  };
  const change = (values: Parameters<typeof updateServer>[2]): ApiReply => {
    updateServer(store, row.id, values);
    controller.changed(row.id);
    return accepted();
  };
  switch (action) {
    case 'os-start':
      need('SHUTOFF');
      return change({ desired: 'running', task_state: 'powering-on' });
    case 'os-stop':
      need('ACTIVE', 'ERROR');
      return change({ desired: 'stopped', task_state: 'powering-off' });
    case 'reboot':
      need('ACTIVE', 'SHUTOFF');
      return change({ desired: 'running', reboot: argument.type === 'HARD' ? 2 : 1, task_state: 'rebooting' });
    case 'os-resetState':
      if (!request.caller.isAdmin)
        throw forbidden("Policy doesn't allow os_compute_api:os-admin-actions:reset_state to be performed.");
      return change({ status: argument.state === 'active' ? 'ACTIVE' : 'ERROR' });
    case 'lock':
    case 'unlock':
      return change({ locked: action === 'lock' ? 1 : 0 });
    case 'forceDelete':
      return change({ desired: 'deleted' });
    case 'os-getConsoleOutput': {
      const length = argument.length === undefined || argument.length === null ? undefined : Number(argument.length);
      if (length !== undefined && !Number.isInteger(length))
        throw badRequest('Invalid input for field/attribute length.');
      return ok({ output: await controller.machines.console(row.id, length) });
    }
    default:
      throw new ApiError(400, `There is no such action: ${action ?? ''}`);
  }
}

export { minorVersion };
