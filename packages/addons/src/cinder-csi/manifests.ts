import type { KubeObject } from '@matryoshka/kube';
import { shortHash } from '@matryoshka/system';

/** Name of the driver, as CSINode, StorageClass and PersistentVolume know it. */
export const cinderDriver = 'cinder.csi.openstack.org';
export const cinderNodeName = 'csi-cinder-node';

export interface CinderCsiOptions {
  readonly images: { readonly plugin: string; readonly registrar: string };
  /** Names of the cloud's public volume types, `__DEFAULT__` among them or not. */
  readonly volumeTypes: readonly string[];
  /** CustomResourceDefinitions of snapshots (external-snapshotter, client/config/crd). */
  readonly snapshotDefinitions: readonly KubeObject[];
}

const namespace = 'kube-system';
const name = cinderNodeName;
const selector = { 'app.kubernetes.io/name': name };
const labels = { ...selector, 'app.kubernetes.io/managed-by': 'matryoshka' };
const socketFolder = `/var/lib/kubelet/plugins/${cinderDriver}`;

/** Disks vdb to vdz of a server; the scheduler then looks for another node. */
const attachLimit = 25;

const nodeConfig = [
  '[BlockStorage]',
  `node-volume-attach-limit=${attachLimit}`,
  '[Metadata]',
  'search-order=metadataService,configDrive',
  '',
].join('\n');

/**
 * What volumes need inside a customer's cluster: the half of Cinder CSI that mounts disks on the nodes, without any credential, and the classes
 * that people choose from. The half that talks to OpenStack runs beside the control plane. After manifests/cinder-csi-plugin of the module.
 */
export function cinderCsiManifests(options: CinderCsiOptions): readonly KubeObject[] {
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data: { 'cloud.conf': nodeConfig } },
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: { name: cinderDriver, labels },
      spec: { attachRequired: true, podInfoOnMount: true, fsGroupPolicy: 'File', volumeLifecycleModes: ['Persistent'] },
    },
    daemonSet(options),
    ...storageClasses(options.volumeTypes),
    ...options.snapshotDefinitions,
    // Last: it waits for its definition.
    {
      apiVersion: 'snapshot.storage.k8s.io/v1',
      kind: 'VolumeSnapshotClass',
      metadata: {
        name: 'cinder',
        labels,
        annotations: { 'snapshot.storage.kubernetes.io/is-default-class': 'true' },
      },
      driver: cinderDriver,
      deletionPolicy: 'Delete',
      // Cinder refuses to copy a disk in use otherwise.
      parameters: { 'force-create': 'true' },
    },
  ];
}

/** The cloud's default type as the default class `cinder`, every other as `cinder-<type>`. */
function storageClasses(volumeTypes: readonly string[]): readonly KubeObject[] {
  const others = volumeTypes.filter((type) => type !== '__DEFAULT__').toSorted();
  return [
    storageClass('cinder', undefined),
    ...others.flatMap((type) => {
      const slug = type
        .toLowerCase()
        .replaceAll(/[^a-z0-9.-]+/g, '-')
        .replaceAll(/^[-.]+|[-.]+$/g, '');
      return slug === '' ? [] : [storageClass(`cinder-${slug}`, type)];
    }),
  ];
}

function storageClass(className: string, type: string | undefined): KubeObject {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: className,
      labels,
      ...(type === undefined ? { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } : {}),
    },
    provisioner: cinderDriver,
    ...(type === undefined ? {} : { parameters: { type } }),
    allowVolumeExpansion: true,
    // In the zone of the node that the pod goes to.
    volumeBindingMode: 'WaitForFirstConsumer',
    reclaimPolicy: 'Delete',
  };
}

function daemonSet({ images }: CinderCsiOptions): KubeObject {
  const directory = (volume: string, path: string, type: string): object => ({
    name: volume,
    hostPath: { path, type },
  });
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: selector },
      template: {
        // The program reads its file once: a change starts new pods.
        metadata: { labels, annotations: { 'matryoshka.dev/config': shortHash(nodeConfig) } },
        spec: {
          // It asks the metadata service for the server's id, which pods do not reach.
          hostNetwork: true,
          dnsPolicy: 'Default',
          priorityClassName: 'system-node-critical',
          serviceAccountName: name,
          automountServiceAccountToken: false,
          tolerations: [{ operator: 'Exists' }],
          containers: [
            {
              name: 'cinder-csi-plugin',
              image: images.plugin,
              imagePullPolicy: 'IfNotPresent',
              command: ['/bin/cinder-csi-plugin'],
              args: [
                '--v=1',
                '--endpoint=unix:///csi/csi.sock',
                '--provide-controller-service=false',
                '--cloud-config=/etc/config/cloud.conf',
              ],
              resources: { requests: { cpu: '5m', memory: '24Mi' } },
              securityContext: { privileged: true, runAsUser: 0 },
              volumeMounts: [
                { name: 'socket', mountPath: '/csi' },
                { name: 'kubelet', mountPath: '/var/lib/kubelet', mountPropagation: 'Bidirectional' },
                { name: 'dev', mountPath: '/dev', mountPropagation: 'HostToContainer' },
                { name: 'config', mountPath: '/etc/config', readOnly: true },
              ],
            },
            {
              name: 'csi-node-driver-registrar',
              image: images.registrar,
              imagePullPolicy: 'IfNotPresent',
              args: ['--csi-address=/csi/csi.sock', `--kubelet-registration-path=${socketFolder}/csi.sock`],
              resources: { requests: { cpu: '1m', memory: '8Mi' } },
              securityContext: { runAsUser: 0 },
              volumeMounts: [
                { name: 'socket', mountPath: '/csi' },
                { name: 'registration', mountPath: '/registration' },
              ],
            },
          ],
          volumes: [
            directory('socket', socketFolder, 'DirectoryOrCreate'),
            directory('registration', '/var/lib/kubelet/plugins_registry', 'DirectoryOrCreate'),
            directory('kubelet', '/var/lib/kubelet', 'Directory'),
            directory('dev', '/dev', 'Directory'),
            { name: 'config', configMap: { name } },
          ],
        },
      },
    },
  };
}
