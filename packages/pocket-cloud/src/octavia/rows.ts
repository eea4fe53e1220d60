import { type Migration, newId, type Store, timestamp } from '../store/index.ts';
import type { Kind } from './fields.ts';

export const migrations: readonly Migration[] = [
  {
    service: 'octavia',
    version: 1,
    sql: `
      create table lb_object (
        id text primary key,
        kind text not null,
        project_id text not null,
        load_balancer_id text not null,
        -- members and health monitors
        pool_id text,
        provisioning_status text not null,
        operating_status text not null,
        data text not null,
        created_at text not null,
        updated_at text
      ) strict;
      create index lb_object_by_load_balancer on lb_object (load_balancer_id, kind);
      create index lb_object_by_pool on lb_object (pool_id) where pool_id is not null;
    `,
  },
];

/** Where a load balancer's row keeps what clients do not see of it. */
export const nodePortsKey = 'node_ports';

export type ProvisioningStatus = 'ACTIVE' | 'PENDING_CREATE' | 'PENDING_UPDATE' | 'PENDING_DELETE' | 'ERROR';

interface StoredRow {
  readonly id: string;
  readonly kind: Kind;
  readonly project_id: string;
  readonly load_balancer_id: string;
  readonly pool_id: string | null;
  readonly provisioning_status: ProvisioningStatus;
  readonly operating_status: string;
  readonly data: string;
  readonly created_at: string;
  readonly updated_at: string | null;
}

/** One object of a load balancer's tree. `data` holds what the client said, with defaults. */
export type LbRow = Omit<StoredRow, 'data'> & { readonly data: Readonly<Record<string, unknown>> };

const parsed = (row: StoredRow): LbRow => ({ ...row, data: JSON.parse(row.data) as Record<string, unknown> });

// Lists are in the order of creation; times are whole seconds and cannot tell it.
export function objectById(store: Store, kind: Kind, id: string): LbRow | undefined {
  const row = store.get<StoredRow>('select * from lb_object where id = ? and kind = ?', id, kind);
  return row === undefined ? undefined : parsed(row);
}

export function objectsOfKind(store: Store, kind: Kind): readonly LbRow[] {
  return store.all<StoredRow>('select * from lb_object where kind = ? order by rowid', kind).map(parsed);
}

/** Everything below one load balancer, itself included. */
export function treeOf(store: Store, loadBalancerId: string): readonly LbRow[] {
  return store
    .all<StoredRow>('select * from lb_object where load_balancer_id = ? order by rowid', loadBalancerId)
    .map(parsed);
}

export function objectsOfPool(store: Store, kind: 'member' | 'healthmonitor', poolId: string): readonly LbRow[] {
  return store
    .all<StoredRow>('select * from lb_object where pool_id = ? and kind = ? order by rowid', poolId, kind)
    .map(parsed);
}

export function insertObject(
  store: Store,
  row: Pick<LbRow, 'kind' | 'project_id' | 'pool_id' | 'data'> & {
    readonly id?: string;
    readonly load_balancer_id?: string;
  },
): LbRow {
  const id = row.id ?? newId();
  const full: LbRow = {
    id,
    kind: row.kind,
    project_id: row.project_id,
    load_balancer_id: row.load_balancer_id ?? id,
    pool_id: row.pool_id,
    provisioning_status: 'PENDING_CREATE',
    operating_status: 'OFFLINE',
    data: row.data,
    created_at: timestamp(),
    updated_at: null,
  };
  store.run(
    'insert into lb_object values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    full.id,
    full.kind,
    full.project_id,
    full.load_balancer_id,
    full.pool_id,
    full.provisioning_status,
    full.operating_status,
    JSON.stringify(full.data),
    full.created_at,
    full.updated_at,
  );
  return full;
}

export function updateData(store: Store, id: string, data: Readonly<Record<string, unknown>>): void {
  store.run('update lb_object set data = ?, updated_at = ? where id = ?', JSON.stringify(data), timestamp(), id);
}

export function setProvisioning(store: Store, id: string, status: ProvisioningStatus): void {
  store.run('update lb_object set provisioning_status = ? where id = ?', status, id);
}

export function setOperating(store: Store, id: string, status: string): void {
  store.run('update lb_object set operating_status = ? where id = ? and operating_status <> ?', status, id, status);
}

export function deleteObject(store: Store, id: string): void {
  store.run('delete from lb_object where id = ?', id);
}
