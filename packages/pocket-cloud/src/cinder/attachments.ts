import { ApiError, type ApiRequest, canSee, listPage, notFound, ok, type Route } from '../http/index.ts';
import type { Store } from '../store/index.ts';
import { bothPaths } from './paths.ts';
import { type AttachmentRow, attachmentById, volumeById } from './rows.ts';
import { minorVersion } from './versions.ts';
import { showAttachment } from './views.ts';
import { everywhere } from './volume-access.ts';

/**
 * Attachments can be seen; they are made and ended by Nova only, which in a real cloud is the one client of the rest of this API.
 * Source: Block Storage API v3, "Attachments" (3.27).
 */
export function attachmentRoutes(store: Store): readonly Route[] {
  const known = (request: ApiRequest): void => {
    if (minorVersion(request) < 27) throw new ApiError(404, 'The resource could not be found.');
  };
  const list = (request: ApiRequest, detail: boolean) => {
    known(request);
    const rows = store
      .all<AttachmentRow>('select * from volume_attachment order by id')
      .filter(
        (row) => everywhere(request) || volumeById(store, row.volume_id)?.project_id === request.caller.projectId,
      );
    const page = listPage(request, rows, {
      idOf: (row) => row.id,
      filters: {
        volume_id: (row) => row.volume_id,
        instance_id: (row) => row.server_id,
        status: (row) => String(showAttachment(row).status),
      },
    });
    const short = ({ id, volume_id, instance, status }: Readonly<Record<string, unknown>>) => ({
      id,
      volume_id,
      instance,
      status,
    });
    return ok({
      attachments: page.items.map((row) => (detail ? showAttachment(row) : short(showAttachment(row)))),
      ...(page.next === undefined ? {} : { attachments_links: [{ rel: 'next', href: page.next }] }),
    });
  };
  return [
    ...bothPaths('GET', '/attachments', (request) => list(request, false)),
    ...bothPaths('GET', '/attachments/detail', (request) => list(request, true)),
    ...bothPaths('GET', '/attachments/:id', (request) => {
      known(request);
      const row = attachmentById(store, request.params.id ?? '');
      const volume = row === undefined ? undefined : volumeById(store, row.volume_id);
      if (row === undefined || volume === undefined || !canSee(request.caller, volume.project_id))
        throw notFound(`Volume attachment could not be found with filter: attachment_id = ${request.params.id}.`);
      return ok({ attachment: showAttachment(row) });
    }),
    ...bothPaths('POST', '/attachments', () => {
      throw new ApiError(501, 'Attachments are made by attaching the volume to a server (Compute API).');
    }),
    ...bothPaths('DELETE', '/attachments/:id', () => {
      throw new ApiError(501, 'Attachments are ended by detaching the volume from its server (Compute API).');
    }),
  ];
}
