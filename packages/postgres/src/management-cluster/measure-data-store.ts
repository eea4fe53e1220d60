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

/** What a PostgreSQL that holds control planes says of itself. Throws when it does not answer within five seconds. */
export async function measureDataStore({ tls, ...address }: DataStoreAddress): Promise<DataStoreMeasure> {
  const client = new pg.Client({
    ...address,
    database: 'postgres',
    application_name: 'kaas-controller',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    ...(tls === undefined ? {} : { ssl: tls }),
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ most: number; open: number; bytes: string }>(
      `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true), '0')::int as most,
         (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as open,
         (select coalesce(sum(pg_database_size(oid)), 0)::text from pg_database where has_database_privilege(oid, 'connect')) as bytes`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('the server answered nothing');
    return { maxConnections: row.most, connections: row.open, bytes: Number(row.bytes) };
  } finally {
    await client.end().catch(() => undefined);
  }
}
