export { type DaemonSpec, daemonStatus, startDaemon, stopDaemon } from './daemon.ts';
export { shortHash, stableJson } from './digest.ts';
export { type Actor, errorMessage, hasErrnoCode, TypedError, type TypedErrorOptions } from './errors.ts';
export { readFileIfExists, removeFolder, writeFileAtomic } from './files.ts';
export { acquireLock, type Lock } from './lock.ts';
export { createLogger, type Logger, serializeError } from './log.ts';
export {
  Counter,
  createMetrics,
  Gauge,
  Histogram,
  type MetricsServer,
  parseListen,
  Registry,
  serveMetrics,
} from './metrics.ts';
export { keepCompiled, nodeProgram } from './node-program.ts';
export { type AddressCheck, addressCheck, resolveAllowed } from './outgoing/addresses.ts';
export { type Outgoing, type OutgoingOptions, requestAllowed } from './outgoing/request.ts';
export { identify, isRunning, type ProcessIdentity } from './process-identity.ts';
export { CommandError, type RunOptions, type RunResult, run } from './run.ts';
export { markUsed, removeUnused } from './unused.ts';
export { type RepeatOptions, repeatedly, sleep, type WaitOptions, waitFor } from './wait.ts';
