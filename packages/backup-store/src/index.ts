export { directoryStore } from './directory.ts';
export { newIdentity, parseIdentity, seal, unseal } from './seal.ts';
export type { BackupStore } from './store.ts';
