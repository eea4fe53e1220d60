export { backUpDatabase, type DatabaseArchive, databaseArchive } from './archive/database.ts';
export { type RestoreDatabaseOptions, type RestoredDatabase, restoreDatabase } from './archive/restore.ts';
export {
  type PlatformConfig,
  type PlatformOptions,
  type PlatformPorts,
  platformConfig,
  platformPaths,
} from './config.ts';
export { type Bundle, type DiagnoseOptions, diagnose } from './diagnose/diagnose.ts';
export { doctor } from './doctor/doctor.ts';
export type { Finding } from './doctor/finding.ts';
export { type DownOptions, down } from './down.ts';
export { defineGraph, type Graph, type Step, type StepRun } from './flow/graph.ts';
export { formatDuration, type ProgressOptions, type ProgressWriter, progressWriter } from './flow/progress.ts';
export { type FlowEvent, type FlowOptions, runGraph, StepError } from './flow/run.ts';
export { installPackages, missingPackages } from './machine/apt.ts';
export { type DebianPackage, debianPackages } from './machine/debian-packages.ts';
export { findProblems, type Problem, preflight, preflightError } from './machine/preflight.ts';
export { offerVersion } from './offer.ts';
export { forgetSecretKeys, rotateSecretKey, type SecretKeyOptions } from './secrets/secret-key.ts';
export { type IssuerFiles, issuerFiles } from './service/issuer-step.ts';
export { readState } from './state/state.ts';
export { type PlatformStatus, type ProcessStatus, status } from './status.ts';
export { type UpOptions, up, upGraph } from './up.ts';
