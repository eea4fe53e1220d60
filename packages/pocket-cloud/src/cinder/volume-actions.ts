import {
  type ApiReply,
  type ApiRequest,
  accepted,
  badRequest,
  forbidden,
  isObject,
  type JsonObject,
  notFound,
  ok,
  optionalBoolean,
  optionalInteger,
  optionalString,
  stringMap,
} from '../http/index.ts';
import { checkVolumeQuota } from './quotas.ts';
import { settledStatus, typeByReference, updateVolume, type VolumeRow, type VolumeStatus } from './rows.ts';
import { minorVersion } from './versions.ts';
import { deleteVolume, type VolumeApi } from './volume-access.ts';

/** Source: Block Storage API v3, "Volume actions (volumes, action)". */
export function runVolumeAction(api: VolumeApi, request: ApiRequest, row: VolumeRow): ApiReply {
  const body = isObject(request.body) ? request.body : {};
  const [action = ''] = Object.keys(body);
  const argument = isObject(body[action]) ? body[action] : {};
  const act = actions[action];
  if (act === undefined) throw badRequest(`There is no such action: ${action}`);
  return act(api, request, row, argument);
}

type Action = (api: VolumeApi, request: ApiRequest, row: VolumeRow, argument: JsonObject) => ApiReply;

const admin = (request: ApiRequest, rule: string): void => {
  if (!request.caller.isAdmin) throw forbidden(`Policy doesn't allow ${rule} to be performed.`);
};

const actions: Readonly<Record<string, Action>> = {
  'os-extend': ({ store, controller }, request, row, argument) => {
    const size = optionalInteger(argument, 'new_size', 1);
    if (size === undefined) throw badRequest("Invalid input: 'new_size' is a required property");
    const allowed = minorVersion(request) >= 42 ? ['available', 'in-use'] : ['available'];
    if (!allowed.includes(row.status))
      throw badRequest(
        `Invalid volume: Volume ${row.id} status must be '${allowed.join(', ')}' to extend, currently ${row.status}.`,
      );
    if (size <= row.size)
      throw badRequest(
        `Invalid input received: New size for extend must be greater than current size. (current: ${row.size}, extended: ${size}).`,
      );
    checkVolumeQuota(store, row.project_id, { gigabytes: size - row.size });
    updateVolume(store, row.id, { status: 'extending', new_size: size });
    controller.volumeChanged(row.id);
    return accepted();
  },
  'os-reset_status': ({ store, controller }, request, row, argument) => {
    admin(request, 'volume_extension:volume_admin_actions:reset_status');
    const status = optionalString(argument, 'status');
    if (status !== undefined) updateVolume(store, row.id, { status: status as VolumeStatus });
    controller.volumeChanged(row.id);
    return accepted();
  },
  'os-force_delete': ({ store, controller }, request, row) => {
    admin(request, 'volume_extension:volume_admin_actions:force_delete');
    deleteVolume(store, controller, row, { cascade: true, force: true });
    return accepted();
  },
  'os-set_bootable': ({ store }, _request, row, argument) => {
    const bootable = optionalBoolean(argument, 'bootable');
    if (bootable === undefined) throw badRequest("Invalid input: 'bootable' is a required property");
    updateVolume(store, row.id, { bootable: bootable ? 1 : 0 });
    return { status: 200 };
  },
  'os-update_readonly_flag': ({ store }, _request, row, argument) => {
    if (row.status !== 'available')
      throw badRequest(`Invalid volume: Volume ${row.id} status must be available to update readonly flag.`);
    updateVolume(store, row.id, { read_only: optionalBoolean(argument, 'readonly') === true ? 1 : 0 });
    return accepted();
  },
  'os-retype': ({ store }, _request, row, argument) => {
    const name = optionalString(argument, 'new_type') ?? '';
    const type = typeByReference(store, name);
    if (type === undefined) throw notFound(`Volume type ${name} could not be found.`);
    if (type.id === row.type_id)
      throw badRequest(`Invalid input received: Retype requires a type other than the current one.`);
    updateVolume(store, row.id, { type_id: type.id });
    return accepted();
  },
  'os-set_image_metadata': ({ store }, _request, row, argument) => {
    const wanted = isObject(argument.metadata) ? stringMap(argument.metadata) : {};
    const metadata = { ...JSON.parse(row.image_metadata), ...wanted };
    updateVolume(store, row.id, { image_metadata: JSON.stringify(metadata) });
    return ok({ metadata });
  },
  'os-show_image_metadata': (_api, _request, row) => ok({ metadata: JSON.parse(row.image_metadata) }),
  'os-unset_image_metadata': ({ store }, _request, row, argument) => {
    const key = optionalString(argument, 'key') ?? '';
    const { [key]: gone, ...rest } = JSON.parse(row.image_metadata) as Record<string, string>;
    if (gone === undefined) throw notFound(`Metadata item was not found: ${key}`);
    updateVolume(store, row.id, { image_metadata: JSON.stringify(rest) });
    return { status: 200 };
  },
  // What another compute service would say to hold a volume and to let go of it.
  'os-reserve': ({ store }, _request, row) => {
    if (row.status !== 'available')
      throw badRequest(
        `Invalid volume: Volume ${row.id} status must be available to reserve, but the status is ${row.status}.`,
      );
    updateVolume(store, row.id, { status: 'reserved' });
    return accepted();
  },
  'os-unreserve': ({ store }, _request, row) => {
    if (row.status === 'reserved') updateVolume(store, row.id, { status: settledStatus(store, row.id) });
    return accepted();
  },
};
