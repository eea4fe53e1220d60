import pg from 'pg';

export interface DataStoreAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** PEM; absent: without TLS. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
}

export interface DataStoreMeasure {
  /** Connections that the server takes of others than its administrators. */
  readonly maxConnections: number;
  readonly connections: number;
  /** Of all databases that the user may enter. */
  readonly bytes: number;
}

const timeoutMs = 5_000;

/** One connection to a database of a DataStore, for `work`. */
export async function connected<T>(
  { tls, ...address }: DataStoreAddress,
  work: (client: pg.Client) => Promise<T>,
  database = 'postgres',
  options: Pick<pg.ClientConfig, 'query_timeout' | 'statement_timeout'> = { query_timeout: timeoutMs },
): Promise<T> {
  const client = new pg.Client({
    ...address,
    database,
    application_name: 'kaas-controller',
    connectionTimeoutMillis: timeoutMs,
    ...options,
    ...(tls === undefined ? {} : { ssl: tls }),
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What a PostgreSQL that holds control planes says of itself. Throws when it does not answer within five seconds. */
export async function measureDataStore(address: DataStoreAddress): Promise<DataStoreMeasure> {
  return await connected(address, async (client) => {
    const { rows } = await client.query<{ most: number; open: number; bytes: string }>(
      `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true), '0')::int as most,
         (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as open,
         (select coalesce(sum(pg_database_size(oid)), 0)::text from pg_database where has_database_privilege(oid, 'connect')) as bytes`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('the server answered nothing');
    return { maxConnections: row.most, connections: row.open, bytes: Number(row.bytes) };
  });
}

/**
 * Leaves the databases of control planes to their own roles: PostgreSQL lets everybody into a new database, and Kamaji leaves it so. Answers the names
 * of those that it has closed; databases that are none of ours stay as they are.
 */
export async function closeTenantDatabases(address: DataStoreAddress): Promise<readonly string[]> {
  return await connected(address, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select datname as name from pg_database
       where datname ~ '^c_[a-z0-9]{10}$' and pg_has_role(datdba, 'usage')
         and (has_database_privilege('public', oid, 'connect') or has_database_privilege('public', oid, 'temporary'))
       order by 1`,
    );
    const closed: string[] = [];
    for (const { name } of rows) {
      await client.query(`revoke connect, temporary on database ${client.escapeIdentifier(name)} from public`);
      closed.push(name);
    }
    return closed;
  });
}

/** Database of a control plane in its DataStore: unique, because ids are; fit for SQL without quotes. */
export const tenantDatabase = (clusterId: string): string => clusterId.replace('-', '_');

/** What the database of a control plane holds. */
export interface TenantStore {
  /** `c-…`, of the cluster whose it is. */
  readonly clusterId: string;
  readonly bytes: number;
  /** What its rows take; as much as all of it while that is within the quota, because nobody counts then. */
  readonly usedBytes: number;
  /** As PostgreSQL estimates them. */
  readonly rows: number;
  /** Of the newest write, and up to which older versions are gone: what lies between is history (kine's columns `id` and, of `compact_rev_key`, `prev_revision`). */
  readonly revision: number;
  readonly compactedRevision: number;
}

/**
 * Looks into the databases of control planes, one after the other: those of the names given, as far as they are there and kine has begun with them. One that cannot be looked into is left out. Rows are
 * counted where a database has more than the quota: what was deleted is free inside of it, and it does not get smaller.
 */
export async function measureTenantStores(
  address: DataStoreAddress,
  clusterIds: readonly string[],
  quotaBytes: number | null,
): Promise<readonly TenantStore[]> {
  const names = new Map(clusterIds.map((id) => [tenantDatabase(id), id]));
  const sizes = await connected(address, async (client) => {
    const { rows } = await client.query<{ name: string; bytes: string }>(
      `select datname as name, pg_database_size(oid)::text as bytes from pg_database where datname = any($1)`,
      [[...names.keys()]],
    );
    return rows;
  });
  const found: TenantStore[] = [];
  for (const { name, bytes } of sizes) {
    const isOver = quotaBytes !== null && Number(bytes) > quotaBytes;
    const inside = await insideOf(address, name).catch(() => undefined);
    const used = isOver ? await usedIn(address, name).catch(() => undefined) : Number(bytes);
    if (inside !== undefined && used !== undefined)
      found.push({ clusterId: names.get(name) ?? name, bytes: Number(bytes), usedBytes: used, ...inside });
  }
  return found;
}

async function insideOf(
  address: DataStoreAddress,
  database: string,
): Promise<Pick<TenantStore, 'rows' | 'revision' | 'compactedRevision'> | undefined> {
  return await connected(
    address,
    async (client) => {
      const { rows } = await client.query<{ rows: string; revision: string; compacted: string }>(
        `select greatest(reltuples, 0)::bigint::text as rows, (select coalesce(max(id), 0)::text from kine) as revision,
           (select coalesce(max(prev_revision), 0)::text from kine where name = 'compact_rev_key') as compacted
         from pg_class where oid = 'kine'::regclass`,
      );
      const [row] = rows;
      return row === undefined
        ? undefined
        : { rows: Number(row.rows), revision: Number(row.revision), compactedRevision: Number(row.compacted) };
    },
    database,
  );
}

/** For a count of all rows. In milliseconds. */
const countTimeoutMs = 60_000;

/** What the rows of kine take, large values as they are stored. */
async function usedIn(address: DataStoreAddress, database: string): Promise<number> {
  return await connected(
    address,
    async (client) => {
      const { rows } = await client.query<{ bytes: string }>(
        'select coalesce(sum(64 + pg_column_size(name) + coalesce(pg_column_size(value), 0) + coalesce(pg_column_size(old_value), 0)), 0)::text as bytes from kine',
      );
      return Number(rows[0]?.bytes);
    },
    database,
    { query_timeout: countTimeoutMs },
  );
}
