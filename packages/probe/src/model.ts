/** What is asked, again and again: a GET, a POST, a new exec in a pod, a line through an exec that stays open. */
export const callKinds = ['read', 'write', 'exec', 'stream'] as const;
export type CallKind = (typeof callKinds)[number];

/** One call. Times are milliseconds since the probe began. */
export interface Sample {
  readonly kind: CallKind;
  readonly at: number;
  /** Until it succeeded, its repetition included, or had failed for good. */
  readonly tookMs: number;
  /** In the first attempt. */
  readonly ok: boolean;
  /** In the repetition of one that failed. */
  readonly repeatOk?: boolean;
  /** Why the first attempt failed. */
  readonly error?: string;
}

/** An object that the watch told of. */
export interface Arrival {
  readonly name: string;
  readonly at: number;
  /** Resource version, a number in every store there is. */
  readonly version: number;
  /** It came by a list, because the watch could not go on where it was. A list has no order. */
  readonly listed?: true;
}

/** A write that was answered with success. */
export interface Acknowledged {
  readonly name: string;
  readonly at: number;
}

/** Everything that was seen, in the order of time. */
export interface Recording {
  readonly startedAt: string;
  readonly server: string;
  readonly durationMs: number;
  readonly intervalMs: number;
  /** Between new execs. */
  readonly execIntervalMs: number;
  readonly samples: readonly Sample[];
  readonly acknowledged: readonly Acknowledged[];
  readonly arrivals: readonly Arrival[];
  /** Names of acknowledged writes that a list at the end did not have. */
  readonly lost: readonly string[];
  /** When the watch ended and was begun again. */
  readonly watchBreaks: readonly number[];
  /** When the watch could not go on where it was, and everything was listed again (410 Gone). */
  readonly watchExpired: readonly number[];
}

export interface Gap {
  readonly kind: CallKind | 'watch';
  /** Between this success and the next there was none. */
  readonly at: number;
  readonly ms: number;
}

export interface CallReport {
  readonly calls: number;
  readonly failed: number;
  readonly failedTwice: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestGap: Gap | null;
  /** How often what was said; the most frequent first. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface WatchReport {
  readonly events: number;
  /** Acknowledged writes of which no event came, nor a list after a 410 Gone told. */
  readonly missing: readonly string[];
  readonly doubled: number;
  /** Events older than one before them. */
  readonly reordered: number;
  readonly breaks: number;
  readonly expired: number;
  /** From the acknowledgement of a write to its event. */
  readonly lagP50Ms: number;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  readonly longestGap: Gap | null;
}

export interface Report {
  readonly startedAt: string;
  readonly server: string;
  readonly durationMs: number;
  readonly intervalMs: number;
  readonly calls: Readonly<Partial<Record<CallKind, CallReport>>>;
  readonly watch: WatchReport;
  readonly acknowledged: number;
  readonly lost: readonly string[];
  readonly longestGap: Gap | null;
}
