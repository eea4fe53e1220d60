export {
  type Archive,
  type ArchiveState,
  archiveState,
  type BaseBackup,
  backUp,
  checkArchive,
  createArchive,
  pgBackRest,
} from './archive.ts';
export { type Account, postgresAccount, postgresPrograms } from './programs.ts';
export { type RecoveredAddress, type RecoveryWish, removeRecovered, withRecovered } from './recovered.ts';
