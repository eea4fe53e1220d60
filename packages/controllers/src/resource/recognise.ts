import { ledgerName, type Resource } from '@matryoshka/domain';
import type { FloatingIp, LoadBalancer, Volume, VolumeSnapshot } from '@matryoshka/openstack';

/** Project of each cluster by its id. What carries a cluster's name in another project is not that cluster's. */
export type Owners = ReadonlyMap<string, string>;

/** Cinder CSI writes the id of its cluster (--cluster) here on what it makes. Source: pkg/csi/cinder/controllerserver.go, cinderCSIClusterIDKey. */
export const clusterKey = 'cinder.csi.openstack.org/cluster';
// Written by Cinder CSI from what csi-provisioner and csi-snapshotter add with --extra-create-metadata.
const claimKeys = ['csi.storage.k8s.io/pvc/namespace', 'csi.storage.k8s.io/pvc/name'] as const;
const snapshotKeys = ['csi.storage.k8s.io/volumesnapshot/namespace', 'csi.storage.k8s.io/volumesnapshot/name'] as const;

const clusterPart = /^kube_service_(c-[a-z0-9]+)_/;

/** Load balancers of Services, with the floating IPs on them. Names are made by the cloud controller manager: kube_service_<cluster>_<namespace>_<service>. */
export function balancersOf(
  owners: Owners,
  balancers: readonly LoadBalancer[],
  addresses: readonly FloatingIp[],
): readonly Resource[] {
  const byPort = Map.groupBy(addresses, ({ port_id }) => port_id);
  return balancers.flatMap((balancer) => {
    const clusterId = clusterPart.exec(balancer.name)?.[1] ?? '';
    const { project_id: projectId, provisioning_status: status } = balancer;
    if (owners.get(clusterId) !== projectId || status === 'DELETED') return [];
    const [namespace, ...service] = balancer.name.slice(ledgerName('load-balancers', clusterId).length).split('_');
    const usedBy = `Service ${namespace}/${service.join('_')}`;
    const common = { clusterId, projectId, usedBy, sizeGib: null };
    const own = (byPort.get(balancer.vip_port_id) ?? []).filter(({ project_id }) => project_id === projectId);
    return [
      {
        ...common,
        kind: 'load-balancer' as const,
        id: balancer.id,
        name: balancer.name,
        // An active one of which no member answers is what its customer must see.
        status: status === 'ACTIVE' ? `ACTIVE, ${balancer.operating_status}` : status,
        address: own[0]?.floating_ip_address ?? balancer.vip_address,
        createdAt: time(balancer.created_at),
      },
      ...own.map((address) => ({
        ...common,
        kind: 'floating-ip' as const,
        id: address.id,
        name: address.floating_ip_address,
        status: address.status,
        address: address.floating_ip_address,
        createdAt: time(address.created_at),
      })),
    ];
  });
}

export function volumesOf(owners: Owners, volumes: readonly Volume[]): readonly Resource[] {
  return volumes.flatMap((volume) => {
    const projectId = volume['os-vol-tenant-attr:tenant_id'];
    return ofCluster(owners, volume, projectId).map((common) => ({
      ...common,
      kind: 'volume' as const,
      usedBy: named('PersistentVolumeClaim', volume.metadata, claimKeys),
      sizeGib: volume.size,
    }));
  });
}

export function snapshotsOf(owners: Owners, snapshots: readonly VolumeSnapshot[]): readonly Resource[] {
  return snapshots.flatMap((snapshot) => {
    const projectId = snapshot['os-extended-snapshot-attributes:project_id'];
    return ofCluster(owners, snapshot, projectId).map((common) => ({
      ...common,
      kind: 'volume-snapshot' as const,
      usedBy: named('VolumeSnapshot', snapshot.metadata, snapshotKeys),
      sizeGib: snapshot.size,
    }));
  });
}

/** What volumes and snapshots have in common; empty for those that are no cluster's. */
function ofCluster(owners: Owners, object: Volume | VolumeSnapshot, projectId: string | undefined) {
  const clusterId = object.metadata[clusterKey] ?? '';
  if (projectId === undefined || owners.get(clusterId) !== projectId) return [];
  const { id, name, status } = object;
  return [{ clusterId, projectId, id, name: name ?? id, status, address: null, createdAt: time(object.created_at) }];
}

function named(
  kind: string,
  metadata: Readonly<Record<string, string>>,
  [namespaceKey, nameKey]: readonly [string, string],
): string | null {
  const [namespace, name] = [metadata[namespaceKey], metadata[nameKey]];
  return namespace === undefined || name === undefined ? null : `${kind} ${namespace}/${name}`;
}

/** OpenStack's times are in UTC, with and without saying so. */
function time(text: string | null | undefined): Date | null {
  if (text === null || text === undefined) return null;
  return new Date(/Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`);
}
