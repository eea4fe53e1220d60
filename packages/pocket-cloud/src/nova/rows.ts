import { type Store, timestamp } from '../store/index.ts';

export interface FlavorRow {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  readonly ram: number;
  readonly disk: number;
  readonly extra_specs: string;
}

export interface KeypairRow {
  readonly user_id: string;
  readonly name: string;
  readonly type: string;
  readonly public_key: string;
  readonly fingerprint: string;
  readonly created_at: string;
}

export interface ServerRow {
  readonly id: string;
  readonly project_id: string;
  readonly user_id: string;
  readonly name: string;
  readonly hostname: string;
  readonly image_id: string;
  /** The flavor as it was at creation, JSON. */
  readonly flavor: string;
  readonly desired: 'running' | 'stopped' | 'deleted';
  readonly reboot: number;
  readonly status:
    | 'BUILD'
    | 'ACTIVE'
    | 'SHUTOFF'
    | 'ERROR'
    | 'REBOOT'
    | 'PAUSED'
    | 'SUSPENDED'
    | 'REBUILD'
    | 'RESIZE'
    | 'VERIFY_RESIZE'
    | 'REVERT_RESIZE';
  /** A change that needs the machine stopped, JSON of `PendingChange`; cleared once its effect is in the row. */
  readonly pending: string | null;
  /** The flavor before a resize that is neither confirmed nor reverted. */
  readonly old_flavor: string | null;
  /** 1 = paused, 2 = suspended: every process stands still. */
  readonly frozen: number;
  readonly task_state: string | null;
  readonly fault: string | null;
  readonly metadata: string;
  readonly tags: string;
  readonly user_data: string | null;
  readonly key_name: string | null;
  readonly key_data: string | null;
  readonly availability_zone: string;
  readonly server_group_id: string | null;
  readonly config_drive: string;
  readonly description: string | null;
  readonly locked: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly launched_at: string | null;
}

export type PendingChange =
  | { readonly kind: 'rebuild'; readonly imageId: string }
  | { readonly kind: 'resize'; readonly flavor: FlavorRow }
  | { readonly kind: 'revert' };

export const serverById = (store: Store, id: string): ServerRow | undefined =>
  store.get<ServerRow>('select * from server where id = ?', id);
export const flavorById = (store: Store, id: string): FlavorRow | undefined =>
  store.get<FlavorRow>('select * from flavor where id = ?', id);

const columns = [
  'name',
  'desired',
  'reboot',
  'status',
  'task_state',
  'fault',
  'metadata',
  'tags',
  'locked',
  'pending',
  'old_flavor',
  'frozen',
  'flavor',
  'image_id',
  'user_data',
  'description',
  'launched_at',
] as const;

/** Changes the given columns of a server; nothing when the row is gone. */
export function updateServer(
  store: Store,
  id: string,
  change: Partial<Pick<ServerRow, (typeof columns)[number]>>,
): void {
  store.transaction(() => {
    for (const column of columns) {
      const value = change[column];
      if (value !== undefined)
        store.run(`update server set ${column} = ?, updated_at = ? where id = ?`, value, timestamp(), id);
    }
  });
}
