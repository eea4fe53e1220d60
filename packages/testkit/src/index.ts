export { makeTestCertificate, type TestCertificate } from './certificate.ts';
export { freePort } from './kube-apiserver/children.ts';
export { startTestApiServer, type TestApiServer } from './kube-apiserver/start.ts';
export { startTestPostgres, type TestPostgres } from './postgres.ts';
