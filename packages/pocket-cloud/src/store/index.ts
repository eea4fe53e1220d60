export { microTimestamp, newHexId, newId, timestamp } from './ids.ts';
export { type Migration, openStore, type Row, type Store } from './store.ts';
