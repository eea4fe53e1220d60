export { startTestCloud, startTestCloudProcess } from './instance.ts';
export { makeServerImage } from './server-image.ts';
export { initPid, uploadImage } from './servers.ts';
export { makeTenant, type Tenant } from './tenant.ts';
export { lbaas, makeWebServers } from './web-servers.ts';
