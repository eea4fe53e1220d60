export { directoryStore } from './directory.ts';
export { type S3Options, s3Store } from './s3.ts';
export { newIdentity, parseIdentity, seal, unseal } from './seal.ts';
export type { BackupStore } from './store.ts';
