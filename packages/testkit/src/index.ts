export { type ArchivedPostgres, startArchivedPostgres } from './archived-postgres.ts';
export { makeTestCertificate, type TestCertificate } from './certificate.ts';
export { freePort } from './kube-apiserver/children.ts';
export { startTestApiServer, type TestApiServer } from './kube-apiserver/start.ts';
export { startTestOidc, type TestClaims, type TestOidc } from './oidc.ts';
export { startTestPostgres, type TestPostgres } from './postgres.ts';
export { pythonProgram } from './python.ts';
