import { type ApiRequest, notFound, ok, type Route, route } from '../http/index.ts';
import { type Store, timestamp } from '../store/index.ts';
import type { ServerRow } from './rows.ts';
import { minorVersion } from './views.ts';

interface ActionRow {
  readonly server_id: string;
  readonly request_id: string;
  readonly action: string;
  readonly project_id: string;
  readonly user_id: string;
  readonly start_time: string;
}

/** Names under which Nova records what was asked of a server, where they differ from those of the request. Source: nova/compute/instance_actions.py. */
const recorded: Readonly<Record<string, string>> = {
  'os-start': 'start',
  'os-stop': 'stop',
  forceDelete: 'forceDelete',
};
const unrecorded = new Set(['os-getConsoleOutput', 'addSecurityGroup', 'removeSecurityGroup', 'os-resetState']);

/** Notes what somebody asked of a server. */
export function recordAction(store: Store, request: ApiRequest, serverId: string, name: string): void {
  if (unrecorded.has(name)) return;
  store.run(
    'insert into instance_action (server_id, request_id, action, project_id, user_id, start_time) values (?, ?, ?, ?, ?, ?)',
    serverId,
    request.requestId,
    recorded[name] ?? name,
    request.caller.projectId,
    request.caller.userId,
    timestamp(),
  );
}

/** Source: Compute API reference, "Servers actions (servers, os-instance-actions)". */
export function instanceActionRoutes(store: Store, find: (request: ApiRequest) => ServerRow): readonly Route[] {
  const path = '/v2.1/servers/:id/os-instance-actions';
  const show = (request: ApiRequest, row: ActionRow): Record<string, unknown> => {
    const start_time = `${row.start_time.replace(/Z$/, '')}.000000`;
    return {
      action: row.action,
      instance_uuid: row.server_id,
      request_id: row.request_id,
      user_id: row.user_id,
      project_id: row.project_id,
      start_time,
      message: null,
      ...(minorVersion(request) >= 58 ? { updated_at: start_time } : {}),
    };
  };
  return [
    route('GET', path, (request) => {
      const rows = store.all<ActionRow>(
        'select * from instance_action where server_id = ? order by sequence desc',
        find(request).id,
      );
      return ok({ instanceActions: rows.map((row) => show(request, row)) });
    }),
    route('GET', `${path}/:request`, (request) => {
      const row = store.get<ActionRow>(
        'select * from instance_action where server_id = ? and request_id = ?',
        find(request).id,
        request.params.request ?? '',
      );
      if (row === undefined) throw notFound(`Action for request_id ${request.params.request} on instance not found`);
      return ok({ instanceAction: { ...show(request, row), events: [] } });
    }),
  ];
}
