import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cloud, connectCloud } from '@matryoshka/openstack';
import { pocketCloudConfig, purgePocketCloud, serviceUrl, startPocketCloud } from '@matryoshka/pocket-cloud';
import { createLogger } from '@matryoshka/system';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lookAtQuota } from './quota.ts';

const signal = AbortSignal.timeout(120_000);
const clusterId = 'c-abcdefghij';
let end: () => Promise<void> = async () => undefined;
let admin: Cloud;
let projectId: string;

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'kaas-quota-'));
  const network = { address: '172.28.20.1', cidr: '172.28.20.0/24' };
  const config = pocketCloudConfig({ dataDir, prefix: 'pnx', ...network, adminPassword: 'secret' });
  const log = createLogger('pocket-cloud');
  log.level = 'error';
  const cloud = await startPocketCloud(config, log);
  end = async () => {
    await cloud.stop();
    await purgePocketCloud(config);
    await rm(dataDir, { recursive: true, force: true });
  };
  const domain = { id: 'default' };
  admin = connectCloud({
    authUrl: `${serviceUrl(config, 'keystone')}/v3`,
    credentials: {
      method: 'password',
      user: { name: 'admin', domain },
      password: 'secret',
      scope: { project: { name: 'admin', domain } },
    },
  });
  projectId = (await admin.keystone.projects.create({ name: 'customer' })).id;
});
afterAll(async () => await end());

it('counts what a project uses, and what of it belongs to a cluster', async () => {
  await admin.neutron.setQuota(projectId, { security_group: 7, router: -1 });
  const empty = await lookAtQuota(admin, projectId, signal);
  expect(empty.clusters).toEqual({});
  expect(empty.limits).toMatchObject({
    instances: { used: 0 },
    networks: { used: 0 },
    securityGroups: { limit: 7 },
    routers: { limit: -1, used: 0 },
    loadBalancers: { limit: -1, used: 0 },
    volumes: { limit: 10, used: 0 },
    volumeGib: { limit: 1000, used: 0 },
  });
  // Its default group is not made yet, but will be with the first network.
  expect(empty.limits).toMatchObject({ securityGroups: { used: 1 }, securityGroupRules: { used: 4 } });

  // As Cluster API's OpenStack provider names them; and a network of the customer's own.
  const name = `k8s-clusterapi-cluster-${clusterId}-${clusterId}`;
  const network = await admin.neutron.networks.create({ name, project_id: projectId });
  await admin.neutron.networks.create({ name: 'own', project_id: projectId });
  await admin.neutron.subnets.create({
    name,
    network_id: network.id,
    cidr: '10.6.0.0/24',
    ip_version: 4,
    project_id: projectId,
  });
  for (const group of ['worker', 'controlplane'])
    await admin.neutron.securityGroups.create({
      name: `k8s-cluster-${clusterId}-${clusterId}-secgroup-${group}`,
      project_id: projectId,
    });
  await admin.neutron.ports.create({ name: 'own', network_id: network.id, project_id: projectId });

  const { limits, clusters } = await lookAtQuota(admin, projectId, signal);
  expect(limits.networks?.used).toBe(2);
  expect(limits.securityGroups?.used).toBe(3);
  expect(limits.securityGroupRules?.used).toBe(8);
  expect(Object.keys(clusters)).toEqual([clusterId]);
  // Each new group has the two rules that let everything out; the port of DHCP counts for the project, as in Neutron.
  expect(clusters[clusterId]).toMatchObject({ networks: 1, subnets: 1, securityGroups: 2, securityGroupRules: 4 });
  expect(limits.ports?.used).toBe((clusters[clusterId]?.ports ?? 0) + 1);
});
