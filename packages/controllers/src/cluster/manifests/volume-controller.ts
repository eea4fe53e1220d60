import type { KubeObject } from '@matryoshka/kube';
import type { Images } from '../../config.ts';
import {
  besideControlPlane,
  cloudConfigMount,
  cloudConfigPath,
  companionName,
  containerSecurity,
  kubeconfigMount,
  kubeconfigPath,
} from './beside-control-plane.ts';
import type { CompanionInput } from './input.ts';

const app = 'volume-controller';

export const volumeControllerName = (clusterId: string): string => companionName(clusterId, app);

const socket = '/csi/csi.sock';
/** A cloud may take minutes to copy an image or a snapshot. */
const timeout = '--timeout=3m';

interface Part {
  readonly image: keyof Images;
  readonly args: readonly string[];
  readonly cloudConfig?: true;
}

const sidecar = (image: keyof Images, ...args: readonly string[]): Part => ({
  image,
  args: [`--csi-address=${socket}`, timeout, `--kubeconfig=${kubeconfigPath}`, ...args],
});

/**
 * The half of Cinder CSI that talks to OpenStack, with the sidecars that watch the customer's cluster. One replica without election: it only matters when volumes change.
 */
export function volumeController(input: CompanionInput & { readonly rests: boolean }): KubeObject {
  const { cluster, rests } = input;
  const parts: readonly Part[] = [
    {
      image: 'cinder-csi-plugin',
      // Volumes carry the cluster's id (metadata cinder.csi.openstack.org/cluster), by which a deletion finds them.
      args: [
        '--v=1',
        `--endpoint=unix://${socket}`,
        '--provide-node-service=false',
        `--cloud-config=${cloudConfigPath}`,
        `--cluster=${cluster.id}`,
      ],
      cloudConfig: true,
    },
    sidecar('csi-provisioner', '--default-fstype=ext4', '--feature-gates=Topology=true', '--extra-create-metadata'),
    sidecar('csi-attacher', '--default-fstype=ext4'),
    sidecar('csi-resizer', '--handle-volume-inuse-error=false'),
    sidecar('csi-snapshotter', '--extra-create-metadata'),
    { image: 'snapshot-controller', args: [`--kubeconfig=${kubeconfigPath}`, '--leader-election=false'] },
  ];
  return besideControlPlane(input, {
    app,
    replicas: rests ? 0 : 1,
    fsGroup: 65532,
    // Away from a lost node sooner than after the five minutes that are usual.
    tolerations: ['not-ready', 'unreachable'].map((condition) => ({
      key: `node.kubernetes.io/${condition}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 30,
    })),
    containers: parts.map((part) => container(input, part)),
    volumes: [{ name: 'socket', emptyDir: {} }],
  });
}

function container({ settings }: CompanionInput, { image, args, cloudConfig }: Part): unknown {
  return {
    name: image,
    image: settings.images[image],
    args,
    resources: { requests: { cpu: '2m', memory: '16Mi' }, limits: { memory: '128Mi' } },
    securityContext: containerSecurity,
    volumeMounts: [
      { name: 'socket', mountPath: '/csi' },
      kubeconfigMount,
      ...(cloudConfig === true ? [cloudConfigMount] : []),
    ],
  };
}
