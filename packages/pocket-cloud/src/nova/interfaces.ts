import {
  type ApiReply,
  type ApiRequest,
  accepted,
  badRequest,
  bodyObject,
  conflict,
  isObject,
  notFound,
  ok,
  optionalArray,
  optionalString,
  type Route,
  route,
} from '../http/index.ts';
import type { ServerPort } from './networking.ts';
import type { ServerRow } from './rows.ts';
import type { ServerApi } from './servers.ts';

/** Interfaces of a server, added and taken away while it runs. Source: Compute API reference, "Port interfaces". */
export function interfaceRoutes(api: ServerApi, find: (request: ApiRequest) => ServerRow): readonly Route[] {
  const { networking, controller } = api;
  const portOf = (request: ApiRequest): ServerPort => {
    const server = find(request);
    const port = networking.portsOfDevice(server.id).find(({ id }) => id === request.params.port);
    if (port === undefined) throw notFound(`Port ${request.params.port} is not attached to instance ${server.id}`);
    return port;
  };
  return [
    route('GET', '/v2.1/servers/:id/os-interface', (request) =>
      ok({ interfaceAttachments: networking.portsOfDevice(find(request).id).map(show) }),
    ),
    route('GET', '/v2.1/servers/:id/os-interface/:port', (request) =>
      ok({ interfaceAttachment: show(portOf(request)) }),
    ),
    route('POST', '/v2.1/servers/:id/os-interface', (request) => attach(api, request, changeable(find(request)))),
    route('DELETE', '/v2.1/servers/:id/os-interface/:port', async (request) => {
      const server = changeable(find(request));
      const port = portOf(request);
      const { tapName } = networking.network.plugInfo(port.id);
      networking.unbindOrDeletePort(server.id, port.id);
      await controller.machines.unplug(tapName);
      return accepted();
    }),
  ];
}

function changeable(server: ServerRow): ServerRow {
  if (server.desired === 'deleted' || (server.status !== 'ACTIVE' && server.status !== 'SHUTOFF'))
    throw conflict(
      `Cannot 'attach_interface' instance ${server.id} while it is in vm_state ${server.status.toLowerCase()}`,
    );
  return server;
}

function show(port: ServerPort): Readonly<Record<string, unknown>> {
  return {
    port_id: port.id,
    net_id: port.networkId,
    mac_addr: port.macAddress,
    port_state: 'ACTIVE',
    fixed_ips: port.fixedIps.map((fixed) => ({ subnet_id: fixed.subnetId, ip_address: fixed.ipAddress })),
  };
}

function attach({ networking, controller }: ServerApi, request: ApiRequest, server: ServerRow): ApiReply {
  const wanted = bodyObject(request.body, 'interfaceAttachment');
  const [portId, networkId] = [optionalString(wanted, 'port_id'), optionalString(wanted, 'net_id')];
  if (portId !== undefined && networkId !== undefined) throw badRequest('Must not input both network_id and port_id');
  const [fixed] = optionalArray(wanted, 'fixed_ips') ?? [];
  if (fixed !== undefined && networkId === undefined) throw badRequest('Must input network_id when request IP address');
  const fixedIp = isObject(fixed) ? optionalString(fixed, 'ip_address') : undefined;
  // A server is refused (400) for a port that is not there; an interface is not found.
  if (portId !== undefined && !networking.hasPort(portId)) throw notFound(`Port id ${portId} could not be found.`);
  const id = networking.createPortForServer({
    projectId: server.project_id,
    serverId: server.id,
    serverName: server.hostname,
    availabilityZone: server.availability_zone,
    ...(portId === undefined ? {} : { portId }),
    ...(networkId === undefined ? {} : { networkId }),
    ...(fixedIp === undefined ? {} : { fixedIp }),
  });
  const port = networking.portsOfDevice(server.id).find((candidate) => candidate.id === id);
  if (port === undefined) throw badRequest('No network is available to attach.');
  controller.changed(server.id);
  return ok({ interfaceAttachment: show(port) });
}
