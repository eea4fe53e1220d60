import type { Readable } from 'node:stream';

/** Where backups lie: sealed files by name, of which only their maker knows what they mean. */
export interface BackupStore {
  /** For people: where that is. */
  readonly place: string;
  /** Keeps what the stream gives under this name, instead of what was there; nothing of it is seen before all of it is there. Answers its size. */
  put(name: string, content: Readable): Promise<number>;
  /** Throws TypedError `backup_missing`. */
  get(name: string): Promise<Readable>;
  /** What is not there is gone. */
  remove(name: string): Promise<void>;
}

const wellFormed = /^[a-z0-9][a-z0-9.-]*(\/[a-z0-9][a-z0-9.-]*)*$/;

/** Throws for what could lead out of the store. */
export function checkName(name: string): string {
  if (!wellFormed.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a backup`);
  return name;
}
