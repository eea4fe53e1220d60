import type { FloatingIp, LoadBalancer, Volume, VolumeSnapshot } from '@matryoshka/openstack';
import { describe, expect, it } from 'vitest';
import { balancersOf, snapshotsOf, volumesOf } from './recognise.ts';

const owners = new Map([
  ['c-one', 'red'],
  ['c-two', 'blue'],
]);

const balancer = (fields: Partial<LoadBalancer>): LoadBalancer => ({
  id: 'lb',
  name: 'kube_service_c-one_default_web',
  provisioning_status: 'ACTIVE',
  operating_status: 'ONLINE',
  vip_address: '10.6.0.9',
  vip_port_id: 'port',
  vip_subnet_id: 'subnet',
  project_id: 'red',
  created_at: '2026-11-25T10:00:00',
  ...fields,
});
const address = (fields: Partial<FloatingIp>): FloatingIp => ({
  id: 'fip',
  floating_ip_address: '172.29.0.44',
  floating_network_id: 'public',
  fixed_ip_address: '10.6.0.9',
  port_id: 'port',
  router_id: 'r',
  status: 'ACTIVE',
  project_id: 'red',
  created_at: '2026-11-25T10:00:01Z',
  ...fields,
});

describe('load balancers of Services', () => {
  it('are told with their floating IPs', () => {
    const found = balancersOf(owners, [balancer({})], [address({}), address({ id: 'other', port_id: 'another' })]);
    const common = { clusterId: 'c-one', projectId: 'red', usedBy: 'Service default/web', sizeGib: null };
    expect(found).toEqual([
      {
        ...common,
        kind: 'load-balancer',
        id: 'lb',
        name: 'kube_service_c-one_default_web',
        status: 'ACTIVE, ONLINE',
        address: '172.29.0.44',
        createdAt: new Date('2026-11-25T10:00:00Z'),
      },
      {
        ...common,
        kind: 'floating-ip',
        id: 'fip',
        name: '172.29.0.44',
        status: 'ACTIVE',
        address: '172.29.0.44',
        createdAt: new Date('2026-11-25T10:00:01Z'),
      },
    ]);
  });

  it('have the address of their network while no floating IP is there', () => {
    expect(balancersOf(owners, [balancer({})], [])).toMatchObject([{ address: '10.6.0.9' }]);
  });

  it.each([
    ['of another project with the cluster’s name', { project_id: 'green' }],
    ['of a cluster in another project', { name: 'kube_service_c-two_default_web' }],
    ['of a cluster that is not ours', { name: 'kube_service_kubernetes_default_web' }],
    ['made by hand', { name: 'c-one' }],
    ['of a cluster whose name only begins alike', { name: 'kube_service_c-one1_default_web' }],
    ['that are gone', { provisioning_status: 'DELETED' }],
  ])('are not those %s', (_, fields) => {
    expect(balancersOf(owners, [balancer(fields)], [address({})])).toEqual([]);
  });
});

const metadata = {
  'cinder.csi.openstack.org/cluster': 'c-one',
  'csi.storage.k8s.io/pvc/name': 'data-0',
  'csi.storage.k8s.io/pvc/namespace': 'default',
};
const volume = (fields: Partial<Volume>): Volume => ({
  id: 'v',
  name: 'pvc-1',
  status: 'in-use',
  size: 3,
  volume_type: 'default',
  metadata,
  attachments: [],
  'os-vol-tenant-attr:tenant_id': 'red',
  created_at: '2026-11-25T10:00:00.000000',
  ...fields,
});

describe('volumes of claims', () => {
  it('are told with their claim', () => {
    expect(volumesOf(owners, [volume({})])).toEqual([
      {
        clusterId: 'c-one',
        projectId: 'red',
        kind: 'volume',
        id: 'v',
        name: 'pvc-1',
        status: 'in-use',
        usedBy: 'PersistentVolumeClaim default/data-0',
        address: null,
        sizeGib: 3,
        createdAt: new Date('2026-11-25T10:00:00Z'),
      },
    ]);
  });

  it.each([
    ['of another project with the cluster’s id', { 'os-vol-tenant-attr:tenant_id': 'green' }],
    ['of a project that is not told', { 'os-vol-tenant-attr:tenant_id': undefined }],
    ['made by hand', { metadata: {}, name: 'pvc-1' }],
  ])('are not those %s', (_, fields) => {
    expect(volumesOf(owners, [volume(fields as Partial<Volume>)])).toEqual([]);
  });

  it('have snapshots', () => {
    const snapshot: VolumeSnapshot = {
      id: 's',
      name: null,
      volume_id: 'v',
      status: 'available',
      size: 3,
      metadata: { 'cinder.csi.openstack.org/cluster': 'c-one' },
      'os-extended-snapshot-attributes:project_id': 'red',
      created_at: '2026-11-25T10:00:00.000000',
    };
    expect(snapshotsOf(owners, [snapshot])).toMatchObject([{ kind: 'volume-snapshot', name: 's', usedBy: null }]);
  });
});
