import type pg from 'pg';

/**
 * Has a store of kine go on behind a revision, with everything before counting as compacted: whoever watched from there is told to list again. Within a transaction of the caller's. Source: kine,
 * pkg/drivers/generic (columns `id`, and `prev_revision` of `compact_rev_key`).
 */
export async function goOnBehind(client: pg.Client, revision: number | string): Promise<void> {
  await client.query("delete from kine where name = 'compact_rev_key'");
  await client.query(
    `insert into kine (id, name, created, deleted, create_revision, prev_revision, lease, value) values ($1::bigint, 'compact_rev_key', 1, 0, 0, $1::bigint - 1, 0, '')`,
    [revision],
  );
  await client.query("select setval(pg_get_serial_sequence('kine', 'id'), $1::bigint)", [revision]);
}
