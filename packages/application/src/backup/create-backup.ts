import type { CreateBackup } from '@matryoshka/contract';
import { type Backup, type Cluster, collectViolations, mostRequestedBackups, type Violation } from '@matryoshka/domain';
import { KaasError, mergeViolations, refuseViolations } from '../errors.ts';
import type { WriteTransaction } from '../store.ts';

/** Throws `backups_not_offered`, `cluster_not_ready`. */
export async function refuseWithoutBackups(tx: WriteTransaction, cluster: Cluster): Promise<void> {
  if ((await tx.backupPlace(cluster.place.managementCluster)) === null)
    throw new KaasError('backups_not_offered', 'The provider keeps no backups where this cluster runs.', {
      next: 'Ask your provider for it.',
    });
  if (cluster.status.phase === 'creating')
    throw new KaasError('cluster_not_ready', `The cluster ${cluster.name} is still being made.`, {
      next: 'Wait until the operation that creates it has ended.',
    });
}

/**
 * Asks for a backup of a cluster that is locked, as it is or was at a moment. Throws `validation_failed`, `backups_not_offered`, `recovery_not_offered`, `moment_not_archived`, `cluster_not_ready`,
 * `quota_exceeded`.
 */
export async function createBackup(
  tx: WriteTransaction,
  cluster: Cluster,
  input: {
    readonly body: CreateBackup;
    /** What is wrong with the shape of the body. */
    readonly shape: readonly Violation[];
    readonly requestedBy: string;
    readonly now: Date;
  },
): Promise<Backup> {
  const { body, shape, requestedBy, now } = input;
  refuseViolations(mergeViolations(shape, validateMoment(body, now)));
  await refuseWithoutBackups(tx, cluster);
  const moment = body.moment === undefined ? undefined : new Date(body.moment);
  if (moment !== undefined) refuseNotArchived(cluster, moment);
  if ((await tx.countRequestedBackups(cluster.id)) >= mostRequestedBackups)
    throw new KaasError(
      'quota_exceeded',
      `A cluster has at most ${mostRequestedBackups} backups that were asked for.`,
      {
        next: `Remove one first: kaas backup list ${cluster.name}, kaas backup delete ${cluster.name} ID`,
      },
    );
  return await tx.insertBackup(cluster, {
    ...{ reason: 'requested', requestedBy, at: now },
    ...(moment === undefined ? {} : { moment }),
  });
}

/** Rules for the moment as a caller gives it. */
export function validateMoment(input: unknown, now: Date): readonly Violation[] {
  return collectViolations((report) => {
    const { moment } = (input ?? {}) as { readonly moment?: unknown };
    if (typeof moment !== 'string') return;
    const at = Date.parse(moment);
    if (Number.isNaN(at)) report('/moment', 'invalid_time', 'must be a time like 2026-12-24T18:00:00Z');
    else if (at > now.getTime()) report('/moment', 'in_the_future', 'must not lie in the future');
  });
}

function refuseNotArchived({ name, recoverableFrom }: Cluster, moment: Date): void {
  if (recoverableFrom === null)
    throw new KaasError('recovery_not_offered', `No moment of the past of ${name} can be had back.`, {
      next: `Restore one of its backups: kaas backup list ${name}`,
    });
  if (moment <= recoverableFrom)
    throw new KaasError(
      'moment_not_archived',
      `What ${name} was at ${moment.toISOString()} cannot be had back: the archive has it from ${recoverableFrom.toISOString()} on.`,
      { next: 'Choose a later moment, or a backup.' },
    );
}
