import type { Caller, Recorder } from '../recorder.ts';

/** What every part of the scenario starts from: two projects, an administrator, and a network to the outside. */
export interface World {
  readonly recorder: Recorder;
  readonly admin: Caller;
  readonly red: Caller;
  readonly blue: Caller;
  readonly nobody: Caller;
  readonly publicId: string;
  /** Content of the image that servers boot from. */
  readonly image: Buffer;
  readonly flavorId: string;
  readonly imageId: string;
}

export const password = 'scenario-pw';
/** An id that no object has. */
export const absentId = '11111111-2222-4333-8444-555555555555';
export const projects = ['scenario-red', 'scenario-blue'] as const;
