import type { Logger } from '@matryoshka/system';
import type { PocketCloudConfig, PocketCloudPaths, ServiceName } from './config.ts';
import type { Faults } from './faults/index.ts';
import type { ApiServerOptions, Authenticate } from './http/index.ts';
import type { Store } from './store/index.ts';

/** What every service is built from. */
export interface ServiceContext {
  readonly config: PocketCloudConfig;
  readonly paths: PocketCloudPaths;
  readonly store: Store;
  readonly log: Logger;
  readonly authenticate: Authenticate;
  /** Faults that a test wants to see. */
  readonly faults: Faults;
}

/** A service as index.ts runs it: listener first, then background work. */
export interface Service
  extends Pick<
    ApiServerOptions,
    'routes' | 'errorBody' | 'headers' | 'requestIdHeaders' | 'unknownPath' | 'extraHeaders'
  > {
  readonly name: ServiceName;
  /** Starts background work: adopts what runs, queues what is unfinished. Must not wait for that work. */
  start?(): Promise<void>;
  /** Ends background work; what runs for customers keeps running. */
  stop?(): Promise<void>;
}
