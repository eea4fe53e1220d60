import type { PlatformConfig, PlatformPaths } from './config.ts';
import type { Step } from './flow/graph.ts';
import type { Secrets } from './secrets/secrets.ts';

/** What every step of `up` may use. */
export interface PlatformContext {
  readonly config: PlatformConfig;
  readonly paths: PlatformPaths;
  readonly secrets: Secrets;
}

export type PlatformStep = Step<PlatformContext>;
