import { errorMessage, type Logger } from '@matryoshka/system';
import {
  createNetworkEngine,
  type NetworkEngineConfig,
  type NetworkFailures,
  type NetworkState,
} from '../engine/network/index.ts';

const retryMs = { first: 1000, longest: 30_000 };
const watchIntervalMs = 5000;

/** Keeps the data plane at what the rows say. */
export interface NetworkController {
  /** Rows changed. Resolves with what could not be done when the kernel has had its run. */
  changed(): Promise<NetworkFailures>;
  failures(): NetworkFailures;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** `load` makes the desired state from rows at the start of each run. What failed is tried again; what somebody broke is mended. */
export function createNetworkController(
  config: NetworkEngineConfig,
  log: Logger,
  load: () => NetworkState,
): NetworkController {
  const engine = createNetworkEngine(config, log, load);
  let last: NetworkFailures = new Map();
  let retry: NodeJS.Timeout | undefined;
  let delayMs = retryMs.first;
  let watch: NodeJS.Timeout | undefined;
  let watching: Promise<void> = Promise.resolve();
  let stopped = false;

  const after = (failures: NetworkFailures): NetworkFailures => {
    last = failures;
    clearTimeout(retry);
    if (failures.size === 0 || stopped) {
      delayMs = retryMs.first;
      return failures;
    }
    retry = setTimeout(() => void changed(), delayMs);
    delayMs = Math.min(delayMs * 2, retryMs.longest);
    return failures;
  };
  const changed = async (): Promise<NetworkFailures> => after(await engine.reconcile());
  const look = async (): Promise<void> => {
    if (!(await engine.isDamaged())) return;
    log.warn('a namespace or process of the network is gone; mending');
    after(await engine.verify());
  };
  const tick = (): void => {
    watch = setTimeout(() => {
      watching = look()
        .catch((error: unknown) => log.warn({ error: errorMessage(error) }, 'network not looked at'))
        .finally(() => {
          if (!stopped) tick();
        });
    }, watchIntervalMs);
  };

  return {
    changed,
    failures: () => last,
    start: async () => {
      void changed();
      tick();
    },
    stop: async () => {
      stopped = true;
      clearTimeout(retry);
      clearTimeout(watch);
      await engine.stop();
      await watching;
    },
  };
}
