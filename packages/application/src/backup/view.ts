import type { Backup as BackupView } from '@matryoshka/contract';
import type { Backup } from '@matryoshka/domain';

/** A backup as the API shows it. */
export function backupView({
  projectId: _,
  state,
  moment,
  createdAt,
  finishedAt,
  verifiedAt,
  ...shown
}: Backup): BackupView {
  return {
    ...shown,
    // One that is being removed is not shown at all.
    state: state === 'deleting' ? 'failed' : state,
    moment: moment?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    verifiedAt: verifiedAt?.toISOString() ?? null,
  };
}
