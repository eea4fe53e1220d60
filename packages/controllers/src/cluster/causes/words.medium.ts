import { Readable } from 'node:stream';
import { type CauseCode, causeOfWords } from '@matryoshka/domain';
import { type Cloud, grantRoles } from '@matryoshka/openstack';
import { errorMessage } from '@matryoshka/system';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestCloud, type TestCloud } from '../../testing/cloud.ts';

// What the services of a cloud really answer when something is used up or gone.

let cloud: TestCloud;
let admin: Cloud;
let customer: Cloud;
let projectId: string;
let userId: string;

beforeAll(async () => {
  cloud = await startTestCloud('pnw', 45);
  admin = cloud.admin;
  projectId = (await admin.keystone.projects.create({ name: 'customer' })).id;
  userId = (await admin.keystone.users.create({ name: 'ann', password: 'pw' })).id;
  await grantRoles(admin.keystone, { projectId, userId }, ['member']);
  customer = cloud.login('ann', 'pw', 'customer');
});
afterAll(async () => await cloud?.stop());

async function volumeQuota(quota: object): Promise<void> {
  await admin.session.call('block-storage', 'PUT', `/os-quota-sets/${projectId}`, { json: { quota_set: quota } });
}

async function words(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return errorMessage(error);
  }
  throw new Error('the cloud refused nothing');
}

async function expectCause(code: CauseCode, work: () => Promise<unknown>): Promise<void> {
  const said = await words(work);
  expect(causeOfWords(said, 'InternalError').reason, said).toBe(code);
}

it('Neutron, when a quota is used up', async () => {
  const network = await customer.neutron.networks.create({ name: 'n' });
  await customer.neutron.subnets.create({ name: 's', network_id: network.id, cidr: '10.9.0.0/24', ip_version: 4 });
  await admin.neutron.setQuota(projectId, {
    network: 1,
    subnet: 1,
    router: 0,
    port: 0,
    security_group: 1,
    floatingip: 0,
  });
  const [external] = await customer.neutron.networks.list({ 'router:external': true });
  await expectCause('NetworkQuotaExceeded', async () => await customer.neutron.networks.create({ name: 'm' }));
  await expectCause('NetworkQuotaExceeded', async () => await customer.neutron.routers.create({ name: 'r' }));
  await expectCause(
    'PortQuotaExceeded',
    async () => await customer.neutron.ports.create({ name: 'p', network_id: network.id }),
  );
  await expectCause(
    'SecurityGroupQuotaExceeded',
    async () => await customer.neutron.securityGroups.create({ name: 'g' }),
  );
  await expectCause(
    'FloatingIpQuotaExceeded',
    async () => await customer.neutron.floatingIps.create({ floating_network_id: external?.id ?? '' }),
  );
  await admin.neutron.setQuota(projectId, { port: -1 });
});

it('Nova, when a quota is used up and for what it does not know', async () => {
  const [network] = await customer.neutron.networks.list({ name: 'n' });
  const [flavor] = await customer.nova.flavors.list();
  const server = (more: object) => ({
    ...{ name: 'w', flavorRef: flavor?.id ?? '', imageRef: '8f2a5c36-4f5c-4a52-9a9b-0d5f8c2d1e00' },
    ...{ networks: [{ uuid: network?.id ?? '' }], ...more },
  });
  await expectCause('ImageMissing', async () => await customer.nova.servers.create(server({})));
  await expectCause('FlavorMissing', async () => await customer.nova.servers.create(server({ flavorRef: 'm1.huge' })));
  const image = await admin.glance.images.create({
    ...{ name: 'empty', disk_format: 'raw', container_format: 'bare', visibility: 'public' },
  });
  await admin.glance.upload(image.id, () => Readable.from(['x']));
  for (const [quota, code] of [
    [{ instances: 0 }, 'ServerQuotaExceeded'],
    [{ instances: 10, cores: 0 }, 'CoreQuotaExceeded'],
    [{ cores: 10, ram: 0 }, 'MemoryQuotaExceeded'],
  ] as const) {
    await admin.nova.setQuota(projectId, quota);
    await expectCause(code, async () => await customer.nova.servers.create(server({ imageRef: image.id })));
  }
});

it('Cinder, when a quota is used up', async () => {
  await volumeQuota({ volumes: 0 });
  await expectCause('VolumeQuotaExceeded', async () => await customer.cinder.volumes.create({ name: 'v', size: 1 }));
  await volumeQuota({ volumes: 10, gigabytes: 1 });
  await expectCause('VolumeQuotaExceeded', async () => await customer.cinder.volumes.create({ name: 'v', size: 5 }));
});

it('Keystone, when a login does not hold any more', async () => {
  await customer.session.token();
  await admin.keystone.users.update(userId, { enabled: false });
  await expectCause('CredentialRevoked', async () => await customer.neutron.networks.list({}));
});
