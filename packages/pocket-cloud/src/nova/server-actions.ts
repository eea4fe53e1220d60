import {
  ApiError,
  type ApiReply,
  type ApiRequest,
  accepted,
  badRequest,
  conflict,
  forbidden,
  isObject,
  type JsonObject,
  ok,
} from '../http/index.ts';
import { type ServerRow, updateServer } from './rows.ts';
import type { ServerApi } from './servers.ts';

/** Source: Compute API reference, "Servers - run an action". */
export async function runAction(api: ServerApi, request: ApiRequest, row: ServerRow): Promise<ApiReply> {
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
