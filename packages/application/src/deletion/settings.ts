import type { DeletionSettings as Given } from '@matryoshka/contract';
import type { DeletionSettings } from '@matryoshka/domain';

/** Settings after a change that names some of them. */
export function settingsOf(given: Given | undefined, current: DeletionSettings): DeletionSettings {
  const { protection, gracePeriodSeconds, expiresAt } = given ?? {};
  return {
    protection: protection ?? current.protection,
    gracePeriodSeconds: gracePeriodSeconds ?? current.gracePeriodSeconds,
    expiresAt: expiresAt === undefined ? current.expiresAt : expiresAt === null ? null : new Date(expiresAt),
  };
}
