import type { Caller } from '../recorder.ts';

/** What every part of the scenario starts from: two projects, an administrator, and a network to the outside. */
export interface World {
  readonly admin: Caller;
  readonly red: Caller;
  readonly blue: Caller;
  readonly nobody: Caller;
  readonly publicId: string;
  readonly flavorId: string;
  readonly imageId: string;
}

export const password = 'scenario-pw';
/** An id that no object has. */
export const absentId = '11111111-2222-4333-8444-555555555555';
export const projects = ['scenario-red', 'scenario-blue'] as const;
