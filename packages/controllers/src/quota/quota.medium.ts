import type { Cloud } from '@matryoshka/openstack';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestCloud, type TestCloud } from '../testing/cloud.ts';
import { lookAtQuota } from './quota.ts';

const signal = AbortSignal.timeout(120_000);
const clusterId = 'c-abcdefghij';
let cloud: TestCloud;
let admin: Cloud;
let projectId: string;

beforeAll(async () => {
  cloud = await startTestCloud('pnx', 20);
  admin = cloud.admin;
  projectId = (await admin.keystone.projects.create({ name: 'customer' })).id;
});
afterAll(async () => await cloud?.stop());

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
