export {
  type Archive,
  type ArchiveState,
  archiveState,
  type BaseBackup,
  backUp,
  baseFor,
  checkArchive,
  createArchive,
  unpackBackup,
} from './archive.ts';
export { type Account, postgresAccount, postgresPrograms } from './programs.ts';
export { type RecoveredAddress, type RecoveryWish, removeRecovered, withRecovered } from './recovered.ts';
