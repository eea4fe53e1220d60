import type { KubeObject } from '@matryoshka/kube';
import { shortHash } from '@matryoshka/system';
import type { Images } from '../../config.ts';
import { labelsOf } from '../labels.ts';
import { adminKubeconfigSecretName, inClusterKubeconfigKey } from './cloud-controller.ts';
import { cloudConfigSecret, cloudConfigSecretName } from './credentials.ts';
import type { CredentialInput } from './input.ts';

export const volumeControllerName = (clusterId: string): string => `${clusterId}-volume-controller`;

const socket = '/csi/csi.sock';
const kubeconfig = '/etc/kubeconfig/kubeconfig';
/** A cloud may take minutes to copy an image or a snapshot. */
const timeout = '--timeout=3m';

interface Part {
  readonly image: keyof Images;
  readonly args: readonly string[];
  readonly cloudConfig?: true;
}

const sidecar = (image: keyof Images, ...args: readonly string[]): Part => ({
  image,
  args: [`--csi-address=${socket}`, timeout, `--kubeconfig=${kubeconfig}`, ...args],
});

/**
 * The half of Cinder CSI that talks to OpenStack, with the sidecars that watch the customer's cluster: beside the control plane, so that
 * credentials never enter the cluster. One replica without election: it only matters when volumes change.
 */
export function volumeController(input: CredentialInput): KubeObject {
  const { cluster } = input;
  const selector = { 'app.kubernetes.io/name': 'volume-controller', 'app.kubernetes.io/instance': cluster.id };
  const parts: readonly Part[] = [
    {
      image: 'cinder-csi-plugin',
      // Volumes carry the cluster's id (metadata cinder.csi.openstack.org/cluster), by which a deletion finds them.
      args: [
        '--v=1',
        `--endpoint=unix://${socket}`,
        '--provide-node-service=false',
        '--cloud-config=/etc/cloud/cloud.conf',
        `--cluster=${cluster.id}`,
      ],
      cloudConfig: true,
    },
    sidecar('csi-provisioner', '--default-fstype=ext4', '--feature-gates=Topology=true', '--extra-create-metadata'),
    sidecar('csi-attacher', '--default-fstype=ext4'),
    sidecar('csi-resizer', '--handle-volume-inuse-error=false'),
    sidecar('csi-snapshotter', '--extra-create-metadata'),
    { image: 'snapshot-controller', args: [`--kubeconfig=${kubeconfig}`, '--leader-election=false'] },
  ];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: volumeControllerName(cluster.id), namespace: cluster.id, labels: labelsOf(cluster, selector) },
    spec: {
      replicas: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: selector },
      template: {
        metadata: {
          labels: labelsOf(cluster, selector),
          annotations: { 'matryoshka.dev/cloud-config': shortHash(cloudConfigSecret(input)) },
        },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 },
          // Away from a lost node sooner than after the five minutes that are usual.
          tolerations: ['not-ready', 'unreachable'].map((condition) => ({
            key: `node.kubernetes.io/${condition}`,
            operator: 'Exists',
            effect: 'NoExecute',
            tolerationSeconds: 30,
          })),
          containers: parts.map((part) => container(input, part)),
          volumes: [
            { name: 'socket', emptyDir: {} },
            { name: 'cloud-config', secret: { secretName: cloudConfigSecretName(cluster.id) } },
            {
              name: 'kubeconfig',
              secret: {
                secretName: adminKubeconfigSecretName(cluster.id),
                items: [{ key: inClusterKubeconfigKey, path: 'kubeconfig' }],
              },
            },
          ],
        },
      },
    },
  };
}

function container({ settings }: CredentialInput, { image, args, cloudConfig }: Part): unknown {
  return {
    name: image,
    image: settings.images[image],
    args,
    resources: { requests: { cpu: '2m', memory: '16Mi' }, limits: { memory: '128Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'socket', mountPath: '/csi' },
      { name: 'kubeconfig', mountPath: '/etc/kubeconfig', readOnly: true },
      ...(cloudConfig === true ? [{ name: 'cloud-config', mountPath: '/etc/cloud', readOnly: true }] : []),
    ],
  };
}
