/** Times at which a cluster goes to sleep and wakes, of the week or the year; one of the two is given at least. */
export interface HibernationSchedule {
  /** Five fields as of cron(8); null: nobody puts it to sleep. */
  readonly sleep: string | null;
  readonly wake: string | null;
  /** Name of the IANA time zone database, in which both are read. */
  readonly timeZone: string;
}

/** Whether a cluster shall sleep, and when that changes by itself. Asleep it has no workers and no control plane; its data, volumes, load balancers and addresses stay. */
export interface HibernationSettings {
  readonly hibernated: boolean;
  readonly schedules: readonly HibernationSchedule[];
}

export const defaultHibernation: HibernationSettings = { hibernated: false, schedules: [] };

export const mostHibernationSchedules = 10;
