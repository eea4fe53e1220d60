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
  noContent,
  ok,
  optionalString,
  requiredString,
  stringMap,
} from '../http/index.ts';
import { bootableImage } from './create-server.ts';
import { recordAction } from './instance-actions.ts';
import { checkQuota } from './quotas.ts';
import { type FlavorRow, flavorById, type PendingChange, type ServerRow, serverById, updateServer } from './rows.ts';
import type { ServerApi } from './servers.ts';
import { showServer } from './views.ts';
import { vmStateOf } from './vm-state.ts';

interface Call {
  readonly api: ServerApi;
  readonly request: ApiRequest;
  readonly row: ServerRow;
  readonly argument: JsonObject;
}

interface Action {
  /** Statuses in which it may be asked for; absent = any. */
  readonly from?: readonly ServerRow['status'][];
  readonly admin?: true;
  act(call: Call): ApiReply | Promise<ApiReply>;
}

/** Source: Compute API reference, "Servers - run an action". */
export async function runAction(api: ServerApi, request: ApiRequest, row: ServerRow): Promise<ApiReply> {
  const body = isObject(request.body) ? request.body : {};
  const [name = ''] = Object.keys(body);
  const action = actions[name];
  if (action === undefined) throw new ApiError(400, `There is no such action: ${name}`);
  if (action.admin && !request.caller.isAdmin)
    throw forbidden(`Policy doesn't allow os_compute_api:os-admin-actions:${name} to be performed.`);
  if (action.from !== undefined) {
    if (row.locked === 1 && !request.caller.isAdmin) throw conflict(`Instance ${row.id} is locked`);
    if (!action.from.includes(row.status) || row.desired === 'deleted')
      throw conflict(
        `Cannot '${name.replace(/^os-/, '')}' instance ${row.id} while it is in vm_state ${vmStateOf(row)}`,
      );
  }
  const argument = isObject(body[name]) ? body[name] : {};
  const reply = await action.act({ api, request, row, argument });
  recordAction(api.store, request, row.id, name);
  return reply;
}

function change({ api, row }: Call, values: Parameters<typeof updateServer>[2]): ApiReply {
  updateServer(api.store, row.id, values);
  api.controller.changed(row.id);
  return accepted();
}

const later = (pending: PendingChange): { readonly pending: string } => ({ pending: JSON.stringify(pending) });

const securityGroups = (change: 'add' | 'remove'): Action => ({
  from: ['ACTIVE', 'SHUTOFF', 'PAUSED'],
  act: ({ api, row, argument }) => {
    api.networking.changeSecurityGroup(row.id, row.project_id, change, requiredString(argument, 'name'));
    return accepted();
  },
});

const actions: Readonly<Record<string, Action>> = {
  'os-start': { from: ['SHUTOFF'], act: (call) => change(call, { desired: 'running', task_state: 'powering-on' }) },
  'os-stop': {
    from: ['ACTIVE', 'ERROR'],
    act: (call) => change(call, { desired: 'stopped', task_state: 'powering-off' }),
  },
  reboot: {
    from: ['ACTIVE', 'SHUTOFF'],
    act: (call) => {
      const type = String(call.argument.type).toUpperCase();
      if (type !== 'HARD' && type !== 'SOFT')
        throw badRequest(
          `Invalid input for field/attribute type. Value: ${String(call.argument.type)}. It must be one of HARD, SOFT`,
        );
      const hard = type === 'HARD';
      return change(call, { desired: 'running', reboot: hard ? 2 : 1, task_state: 'rebooting' });
    },
  },
  pause: { from: ['ACTIVE'], act: (call) => change(call, { frozen: 1, task_state: 'pausing' }) },
  unpause: { from: ['PAUSED'], act: (call) => change(call, { frozen: 0, task_state: 'unpausing' }) },
  suspend: { from: ['ACTIVE'], act: (call) => change(call, { frozen: 2, task_state: 'suspending' }) },
  resume: { from: ['SUSPENDED'], act: (call) => change(call, { frozen: 0, task_state: 'resuming' }) },
  rebuild: { from: ['ACTIVE', 'SHUTOFF', 'ERROR'], act: rebuild },
  resize: { from: ['ACTIVE', 'SHUTOFF'], act: resize },
  confirmResize: {
    from: ['VERIFY_RESIZE'],
    act: (call) => {
      call.api.store.run('update server set old_flavor = null where id = ?', call.row.id);
      change(call, {});
      return noContent;
    },
  },
  revertResize: {
    from: ['VERIFY_RESIZE'],
    act: (call) =>
      change(call, { status: 'REVERT_RESIZE', task_state: 'resize_reverting', ...later({ kind: 'revert' }) }),
  },
  addSecurityGroup: securityGroups('add'),
  removeSecurityGroup: securityGroups('remove'),
  'os-resetState': {
    admin: true,
    act: (call) => change(call, { status: call.argument.state === 'active' ? 'ACTIVE' : 'ERROR' }),
  },
  lock: { act: (call) => change(call, { locked: 1 }) },
  unlock: { act: (call) => change(call, { locked: 0 }) },
  forceDelete: { act: (call) => change(call, { desired: 'deleted' }) },
  'os-getConsoleOutput': {
    act: async ({ api, row, argument }) => {
      const { length } = argument;
      const lines = length === undefined || length === null ? undefined : Number(length);
      if (lines !== undefined && (!Number.isInteger(lines) || lines < -1))
        throw badRequest(
          `Invalid input for field/attribute length. Value: ${String(length)}. It must be an integer of at least -1`,
        );
      return ok({ output: await api.controller.machines.console(row.id, lines) });
    },
  },
};

function rebuild(call: Call): ApiReply {
  const { api, request, row, argument } = call;
  const imageId = requiredString(argument, 'imageRef').split('/').at(-1) ?? '';
  if (row.image_id === '') throw badRequest('Unable to rebuild with a different image for a volume-backed server.');
  bootableImage(api.store, request.caller, imageId, JSON.parse(row.flavor) as FlavorRow);
  const name = optionalString(argument, 'name');
  const userData = optionalString(argument, 'user_data', 65_535);
  change(call, {
    status: 'REBUILD',
    task_state: 'rebuilding',
    ...(row.status === 'ERROR' ? { desired: 'running' } : {}),
    ...(name === undefined ? {} : { name }),
    ...(userData === undefined ? {} : { user_data: userData }),
    ...(isObject(argument.metadata) ? { metadata: JSON.stringify(stringMap(argument.metadata)) } : {}),
    ...later({ kind: 'rebuild', imageId }),
  });
  return accepted({ server: showServer(request, api, serverById(api.store, row.id) ?? row) });
}

function resize(call: Call): ApiReply {
  const { api, row, argument } = call;
  const id = requiredString(argument, 'flavorRef').split('/').at(-1) ?? '';
  const flavor = flavorById(api.store, id);
  const now = JSON.parse(row.flavor) as FlavorRow;
  if (flavor === undefined) throw badRequest(`Flavor ${id} could not be found.`);
  if (flavor.id === now.id) throw badRequest('When resizing, instances must change flavor!');
  if (flavor.disk < now.disk && row.image_id !== '') throw badRequest('Unable to resize disk down.');
  checkQuota(api.store, row.project_id, flavor, now);
  return change(call, { status: 'RESIZE', task_state: 'resize_prep', ...later({ kind: 'resize', flavor }) });
}
