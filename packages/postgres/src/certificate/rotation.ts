import type { Queryable } from '../database.ts';

/** Wants workers that joined under this authority, while a rotation is prepared. */
export async function renewWorkers(db: Queryable, clusterId: string, authority: string): Promise<void> {
  await db.query(
    'update clusters set authority = $2, next_due_at = now() where id = $1 and rotation_phase is not null and authority is distinct from $2',
    [clusterId, authority],
  );
}

/** A rotation is prepared, or over. Does nothing when it was not at the step before. */
export async function endRotation(db: Queryable, clusterId: string, phase: 'prepared' | null): Promise<void> {
  await db.query(
    `update clusters set rotation_phase = $2, rotation_since = case when $2::text is null then null else now() end, next_due_at = now()
     where id = $1 and rotation_phase = $3`,
    [clusterId, phase, phase === 'prepared' ? 'preparing' : 'completing'],
  );
}
