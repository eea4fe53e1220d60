import { connect } from '../database.ts';

export interface Leadership {
  /** Gives it back at once. */
  release(): Promise<void>;
}

/**
 * Makes this process the only one that works under `name`, or answers undefined when another does. The lock lives as long as one database
 * connection: the server frees it at the moment the process dies, so a successor need not wait for a timeout. `onLost` is called when
 * the connection breaks; the caller must stop working then.
 */
export async function acquireLeadership(
  url: string,
  options: { readonly name: string; readonly holder: string; readonly onLost: () => void },
): Promise<Leadership | undefined> {
  const client = await connect(url, `kaas-leader-${options.name}`);
  let released = false;
  const lost = (): void => {
    if (!released) options.onLost();
    released = true;
  };
  client.on('error', lost);
  client.on('end', lost);
  try {
    const lock = await client.query<{ got: boolean }>('select pg_try_advisory_lock(7260502, hashtext($1)) as got', [
      options.name,
    ]);
    if (lock.rows[0]?.got === true) {
      await client.query(
        `insert into controller_leases (name, holder) values ($1, $2)
         on conflict (name) do update set holder = excluded.holder, acquired_at = now()`,
        [options.name, options.holder],
      );
      return {
        release: async () => {
          released = true;
          await client.end();
        },
      };
    }
  } catch (error) {
    released = true;
    await client.end();
    throw error;
  }
  released = true;
  await client.end();
  return undefined;
}
