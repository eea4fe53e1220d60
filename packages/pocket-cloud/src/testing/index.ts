export {
  type Answer,
  startTestCloud,
  startTestCloudProcess,
  type TestCloud,
  type TestCloudProcess,
} from './instance.ts';
export { nodesOf } from './load-balancers.ts';
export { makeServerImage } from './server-image.ts';
export { bootServer, initPid, knownServer, serverBecomes, soon, type TestServer, uploadImage } from './servers.ts';
export { makeTenant, type Tenant } from './tenant.ts';
export { lbaas, makeWebServers, startWebServers, type WebServers } from './web-servers.ts';
