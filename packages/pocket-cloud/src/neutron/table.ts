import { newId, type Store, timestamp } from '../store/index.ts';
import type { Common } from './rows.ts';

type OwnFields<T extends Common> = Omit<T, keyof Common>;

/** Objects of one kind, kept as documents; order is that of creation. */
export interface Table<T extends Common> {
  get(id: string): T | undefined;
  list(): readonly T[];
  insert(row: OwnFields<T> & Partial<Common> & { readonly project_id: string }): T;
  /** Writes the changed fields, counts the revision up. Answers the new row; undefined when there is no such object. */
  update(id: string, patch: Partial<Omit<T, 'id' | 'created_at'>>): T | undefined;
  remove(id: string): void;
}

export function createTable<T extends Common>(store: Store, kind: string): Table<T> {
  const parse = (row: { readonly document: string }): T => JSON.parse(row.document) as T;
  const get = (id: string): T | undefined => {
    const row = store.get<{ document: string }>(
      'select document from neutron_object where kind = ? and id = ?',
      kind,
      id,
    );
    return row === undefined ? undefined : parse(row);
  };
  return {
    get,
    list: () =>
      store
        .all<{ document: string }>('select document from neutron_object where kind = ? order by sequence', kind)
        .map(parse),
    insert: (fields) => {
      const now = timestamp();
      const row = {
        id: newId(),
        name: '',
        description: '',
        tags: [],
        revision_number: 1,
        created_at: now,
        updated_at: now,
        ...fields,
      } as unknown as T;
      store.run(
        'insert into neutron_object (kind, id, project_id, document) values (?, ?, ?, ?)',
        kind,
        row.id,
        row.project_id,
        JSON.stringify(row),
      );
      return row;
    },
    update: (id, patch) => {
      const old = get(id);
      if (old === undefined) return undefined;
      const row = { ...old, ...patch, revision_number: old.revision_number + 1, updated_at: timestamp() };
      store.run(
        'update neutron_object set document = ?, project_id = ? where kind = ? and id = ?',
        JSON.stringify(row),
        row.project_id,
        kind,
        id,
      );
      return row;
    },
    remove: (id) => {
      store.run('delete from neutron_object where kind = ? and id = ?', kind, id);
    },
  };
}
