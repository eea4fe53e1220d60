export { startTestApiServer, type TestApiServer } from './kube-apiserver/start.ts';
export { startTestPostgres, type TestPostgres } from './postgres.ts';
