import { isRecord } from '../validation/kubernetes-syntax.ts';
import { checkTime } from '../validation/time.ts';
import { collectViolations, type Report, type Violation } from '../validation/violations.ts';

/** How a cluster may end. */
export interface DeletionSettings {
  /** While true, nobody deletes it and it does not expire. */
  readonly protection: boolean;
  /** How long a deletion waits before anything is destroyed; it can be undone meanwhile. */
  readonly gracePeriodSeconds: number;
  /** The cluster is deleted by itself at this moment, without a grace period. */
  readonly expiresAt: Date | null;
}

export const defaultDeletionSettings: DeletionSettings = { protection: false, gracePeriodSeconds: 0, expiresAt: null };

/** Thirty days. */
export const maxGracePeriodSeconds = 2_592_000;

/** Rules for the settings as a caller gives them, at `pointer` of the body; `current` are those they change. */
export function validateDeletionSettings(
  input: unknown,
  current: DeletionSettings,
  now: Date,
  pointer = '/deletion',
): readonly Violation[] {
  return collectViolations((report) => {
    if (!isRecord(input)) return;
    checkGrace(report, `${pointer}/gracePeriodSeconds`, input.gracePeriodSeconds);
    checkExpiry(report, `${pointer}/expiresAt`, input.expiresAt, now);
    const isProtected = input.protection ?? current.protection;
    const expires = input.expiresAt === undefined ? current.expiresAt : input.expiresAt;
    if (isProtected === true && expires !== null)
      report(
        input.expiresAt === undefined ? `${pointer}/protection` : `${pointer}/expiresAt`,
        'protected_and_expiring',
        'a protected cluster cannot expire; give one of them up',
      );
  });
}

function checkGrace(report: Report, pointer: string, seconds: unknown): void {
  if (typeof seconds !== 'number') return;
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > maxGracePeriodSeconds)
    report(pointer, 'invalid_grace_period', `must be a whole number of seconds from 0 to ${maxGracePeriodSeconds}`);
}

function checkExpiry(report: Report, pointer: string, text: unknown, now: Date): void {
  const at = checkTime(report, pointer, text);
  if (at !== undefined && at <= now.getTime())
    report(pointer, 'expiry_in_the_past', 'must lie in the future; to delete the cluster now, delete it');
}
