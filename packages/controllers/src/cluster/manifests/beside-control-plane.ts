import type { KubeObject } from '@matryoshka/kube';
import { shortHash } from '@matryoshka/system';
import { labelsOf } from '../labels.ts';
import { cloudConfigSecret, cloudConfigSecretName } from './credentials.ts';
import type { CompanionInput } from './input.ts';

/** Secret in which Kamaji keeps the administrators' kubeconfigs of a control plane. */
export const adminKubeconfigSecretName = (clusterId: string): string => `${clusterId}-admin-kubeconfig`;
/** Its key whose server is the control plane's in-cluster address: no way through the load balancer (Kamaji internal/resources/kubeconfig.go). */
const inClusterKubeconfigKey = 'super-admin.svc';
export const publicKubeconfigKey = 'super-admin.conf';

/** The customer's cluster as its administrator. */
export const kubeconfigPath = '/etc/kubeconfig/kubeconfig';
export const kubeconfigMount = { name: 'kubeconfig', mountPath: '/etc/kubeconfig', readOnly: true };
/** The customer's project, by the cluster's credential. */
export const cloudConfigPath = '/etc/cloud/cloud.conf';
export const cloudConfigMount = { name: 'cloud-config', mountPath: '/etc/cloud', readOnly: true };

export const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

export interface Companion {
  /** Its pods' name label; the Deployment is called `<cluster id>-<app>`. */
  readonly app: string;
  readonly replicas: number;
  readonly containers: readonly unknown[];
  /** Beside those of the two mounts. */
  readonly volumes?: readonly unknown[];
  readonly tolerations?: readonly unknown[];
  /** Group that owns what its volumes hold. */
  readonly fsGroup?: number;
}

export const companionName = (clusterId: string, app: string): string => `${clusterId}-${app}`;

/**
 * A program that serves one cluster from beside its control plane: OpenStack credentials never enter the customer's cluster, and it still
 * works when no worker is left.
 */
export function besideControlPlane(input: CompanionInput, companion: Companion): KubeObject {
  const { cluster } = input;
  const { app, replicas, containers, volumes = [], tolerations, fsGroup } = companion;
  const selector = { 'app.kubernetes.io/name': app, 'app.kubernetes.io/instance': cluster.id };
  const labels = labelsOf(cluster, selector);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: companionName(cluster.id, app), namespace: cluster.id, labels },
    spec: {
      replicas,
      // Never two without leader election beside each other.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: selector },
      template: {
        // A changed credential restarts the pods: the programs read both files once.
        metadata: {
          labels,
          annotations: {
            'matryoshka.dev/cloud-config': shortHash(cloudConfigSecret(input)),
            'matryoshka.dev/kubeconfig': shortHash(input.adminKubeconfig),
          },
        },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            ...(fsGroup === undefined ? {} : { fsGroup }),
          },
          ...(tolerations === undefined ? {} : { tolerations }),
          containers,
          volumes: [
            ...volumes,
            { name: cloudConfigMount.name, secret: { secretName: cloudConfigSecretName(cluster.id) } },
            {
              name: kubeconfigMount.name,
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
