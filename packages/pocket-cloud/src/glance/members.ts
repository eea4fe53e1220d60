import {
  type ApiRequest,
  badRequest,
  conflict,
  forbidden,
  isObject,
  type JsonObject,
  noContent,
  notFound,
  ok,
  type Route,
  route,
} from '../http/index.ts';
import { type Store, timestamp } from '../store/index.ts';
import { type ImageRow, type MemberRow, memberOf, membersOf } from './rows.ts';

const statuses: readonly unknown[] = ['pending', 'accepted', 'rejected'] satisfies readonly MemberRow['status'][];
type Find = (request: ApiRequest) => ImageRow;

/**
 * Sharing of images: the owner adds projects, which then see the image by its id, and in their lists once they accepted it.
 * Source: glance/api/v2/image_members.py.
 */
export function memberRoutes(store: Store, visible: Find): readonly Route[] {
  const isOwner = ({ caller }: ApiRequest, row: ImageRow): boolean =>
    caller.isAdmin || row.project_id === caller.projectId;
  const shared = (request: ApiRequest): ImageRow => {
    const row = visible(request);
    if (row.visibility !== 'shared') throw forbidden('Only shared images have members.');
    return row;
  };
  const known = (row: ImageRow, projectId: string): MemberRow => {
    const member = memberOf(store, row.id, projectId);
    if (member === undefined) throw notFound(`${projectId} not found in the member list of the image ${row.id}.`);
    return member;
  };
  return [
    route('GET', '/v2/images/:id/members', (request) => {
      const row = visible(request);
      if (row.visibility !== 'shared') throw notFound('Only shared images have members.');
      const members = membersOf(store, row.id).filter(
        ({ project_id }) => isOwner(request, row) || project_id === request.caller.projectId,
      );
      return ok({ members: members.map(showMember), schema: '/v2/schemas/members' });
    }),
    route('GET', '/v2/images/:id/members/:member', (request) => {
      const row = visible(request);
      const projectId = request.params.member ?? '';
      if (!isOwner(request, row) && projectId !== request.caller.projectId)
        throw notFound(`${projectId} not found in the member list of the image ${row.id}.`);
      return ok(showMember(known(row, projectId)));
    }),
    route('POST', '/v2/images/:id/members', (request) => {
      const row = shared(request);
      if (!isOwner(request, row)) throw forbidden('You are not permitted to create image members for the image.');
      const projectId = isObject(request.body) ? request.body.member : undefined;
      if (typeof projectId !== 'string' || projectId === '') throw badRequest('Member to be added not specified');
      if (memberOf(store, row.id, projectId) !== undefined)
        throw conflict(`Member ${projectId} is duplicated for image ${row.id}`);
      const now = timestamp();
      store.run("insert into image_member values (?, ?, 'pending', ?, ?)", row.id, projectId, now, now);
      return ok(showMember(known(row, projectId)));
    }),
    route('PUT', '/v2/images/:id/members/:member', (request) => {
      const row = shared(request);
      const projectId = request.params.member ?? '';
      // Whether a project takes an image is its own decision.
      if (!request.caller.isAdmin && projectId !== request.caller.projectId)
        throw forbidden('You are not permitted to modify this image member.');
      known(row, projectId);
      const status = isObject(request.body) ? request.body.status : undefined;
      if (!statuses.includes(status)) throw badRequest(`Invalid status: ${String(status)}`);
      store.run(
        'update image_member set status = ?, updated_at = ? where image_id = ? and project_id = ?',
        String(status),
        timestamp(),
        row.id,
        projectId,
      );
      return ok(showMember(known(row, projectId)));
    }),
    route('DELETE', '/v2/images/:id/members/:member', (request) => {
      const row = shared(request);
      if (!isOwner(request, row)) throw forbidden('You are not permitted to delete image members for the image.');
      const { project_id: projectId } = known(row, request.params.member ?? '');
      store.run('delete from image_member where image_id = ? and project_id = ?', row.id, projectId);
      return noContent;
    }),
  ];
}

function showMember(member: MemberRow): JsonObject {
  return {
    member_id: member.project_id,
    image_id: member.image_id,
    status: member.status,
    created_at: member.created_at,
    updated_at: member.updated_at,
    schema: '/v2/schemas/member',
  };
}
