import type { MaintenanceSettings as Given, Maintenance } from '@matryoshka/contract';
import { type MaintenanceSettings, nextOpening } from '@matryoshka/domain';

const iso = (moment: string): string => new Date(moment).toISOString();

/** Settings after a change that names some of them. */
export function maintenanceOf(given: Given | undefined, current: MaintenanceSettings): MaintenanceSettings {
  const { window, exclusions, autoUpgrade } = given ?? {};
  return {
    window: window === undefined ? current.window : window,
    // As they are meant, not as they were written: a parser of dates lets things pass that a database does not keep.
    exclusions: exclusions?.map(({ from, until }) => ({ from: iso(from), until: iso(until) })) ?? current.exclusions,
    autoUpgrade: autoUpgrade ?? current.autoUpgrade,
  };
}

/** Settings as they are sent to be wanted again. */
export function maintenanceBody({ window, exclusions, autoUpgrade }: MaintenanceSettings): Required<Given> {
  return {
    window: window === null ? null : { ...window, days: [...window.days] },
    exclusions: exclusions.map((exclusion) => ({ ...exclusion })),
    autoUpgrade,
  };
}

/** Settings as the API shows them. */
export function maintenanceView(settings: MaintenanceSettings, now: Date): Maintenance {
  const opening = nextOpening(settings, now);
  return {
    ...maintenanceBody(settings),
    nextWindow: opening === null ? null : { from: opening.from.toISOString(), until: opening.until.toISOString() },
  };
}
