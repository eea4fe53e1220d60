export { type DaemonSpec, daemonStatus, startDaemon, stopDaemon } from './daemon.ts';
export { shortHash, stableJson } from './digest.ts';
export { type Actor, errorMessage, hasErrnoCode, TypedError, type TypedErrorOptions } from './errors.ts';
export { readFileIfExists, writeFileAtomic } from './files.ts';
export { acquireLock, type Lock } from './lock.ts';
export { createLogger, type Logger } from './log.ts';
export { identify, isRunning, type ProcessIdentity } from './process-identity.ts';
export { CommandError, type RunOptions, type RunResult, run } from './run.ts';
export { sleep, type WaitOptions, waitFor } from './wait.ts';
