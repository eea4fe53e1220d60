import {
  type ApiRequest,
  accepted,
  bodyObject,
  conflict,
  type JsonObject,
  notFound,
  ok,
  optionalBoolean,
  optionalString,
  type Route,
  requiredString,
  route,
} from '../http/index.ts';
import type { ServerRow } from './rows.ts';
import type { ServerApi } from './servers.ts';
import { minorVersion } from './views.ts';
import type { ServerVolume } from './volumes.ts';

/** Source: Compute API reference, "Servers with volume attachments". */
export function volumeAttachmentRoutes(
  { volumes, controller }: ServerApi,
  find: (request: ApiRequest) => ServerRow,
): readonly Route[] {
  const path = '/v2.1/servers/:id/os-volume_attachments';
  const changeable = (request: ApiRequest, verb: string): ServerRow => {
    const server = find(request);
    if (server.locked === 1 && !request.caller.isAdmin) throw conflict(`Instance ${server.id} is locked`);
    if (server.desired === 'deleted' || !['ACTIVE', 'SHUTOFF'].includes(server.status))
      throw conflict(
        `Cannot '${verb}' instance ${server.id} while it is in vm_state ${server.status === 'BUILD' ? 'building' : server.status.toLowerCase()}`,
      );
    return server;
  };
  return [
    route('GET', path, (request) => {
      const server = find(request);
      return ok({
        volumeAttachments: volumes.ofServer(server.id).map((volume) => showAttachment(request, server, volume)),
      });
    }),
    route('GET', `${path}/:volume`, (request) => {
      const server = find(request);
      const volume = volumes.ofServer(server.id).find((each) => each.volumeId === request.params.volume);
      if (volume === undefined) throw notFound(`volume_id not found: ${request.params.volume}`);
      return ok({ volumeAttachment: showAttachment(request, server, volume) });
    }),
    route('POST', path, (request) => {
      const server = changeable(request, 'attach_volume');
      const wanted = bodyObject(request.body, 'volumeAttachment');
      const device = optionalString(wanted, 'device');
      const tag = optionalString(wanted, 'tag', 60);
      const volume = volumes.claim(request.caller, {
        volumeId: requiredString(wanted, 'volumeId'),
        serverId: server.id,
        ...(device === undefined ? {} : { device }),
        ...(tag === undefined ? {} : { tag }),
        deleteOnTermination: optionalBoolean(wanted, 'delete_on_termination') === true,
      });
      controller.changed(server.id);
      return ok({ volumeAttachment: showAttachment(request, server, volume) });
    }),
    route('DELETE', `${path}/:volume`, (request) => {
      const server = changeable(request, 'detach_volume');
      volumes.requestDetach(request.caller, server.id, request.params.volume ?? '');
      controller.changed(server.id);
      return accepted();
    }),
  ];
}

function showAttachment(request: ApiRequest, server: ServerRow, volume: ServerVolume): JsonObject {
  const minor = minorVersion(request);
  return {
    // Since 2.89 the volume's id stands only once, beside the ids of the attachment.
    ...(minor < 89 ? { id: volume.volumeId } : { attachment_id: volume.attachmentId, bdm_uuid: volume.attachmentId }),
    volumeId: volume.volumeId,
    serverId: server.id,
    device: `/dev/${volume.device}`,
    ...(minor >= 70 ? { tag: volume.tag } : {}),
    ...(minor >= 79 ? { delete_on_termination: volume.deleteOnTermination } : {}),
  };
}
