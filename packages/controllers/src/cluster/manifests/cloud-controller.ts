import { controlPlaneReplicas } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { shortHash } from '@matryoshka/system';
import { labelsOf } from '../labels.ts';
import { cloudConfigSecret, cloudConfigSecretName } from './credentials.ts';
import type { CredentialInput } from './input.ts';

/** Secret in which Kamaji keeps the administrators' kubeconfigs of a control plane. */
export const adminKubeconfigSecretName = (clusterId: string): string => `${clusterId}-admin-kubeconfig`;
/** Its key whose server is the control plane's in-cluster address: no way through the load balancer (Kamaji internal/resources/kubeconfig.go). */
export const inClusterKubeconfigKey = 'super-admin.svc';
export const publicKubeconfigKey = 'super-admin.conf';

/**
 * The cloud controller manager of one cluster, beside its control plane: OpenStack credentials never enter the customer's cluster, and
 * load balancers can still be removed when no worker is left.
 */
export function cloudController(input: CredentialInput): KubeObject {
  const { cluster, settings } = input;
  const name = `${cluster.id}-cloud-controller-manager`;
  const selector = { 'app.kubernetes.io/name': 'cloud-controller-manager', 'app.kubernetes.io/instance': cluster.id };
  const replicas = controlPlaneReplicas(cluster.tier);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: cluster.id, labels: labelsOf(cluster, selector) },
    spec: {
      replicas,
      // Never two without leader election beside each other.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: selector },
      template: {
        metadata: {
          labels: labelsOf(cluster, selector),
          // A changed credential restarts the pods: the program reads cloud.conf once.
          annotations: { 'matryoshka.dev/cloud-config': shortHash(cloudConfigSecret(input)) },
        },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532 },
          containers: [
            {
              name: 'cloud-controller-manager',
              image: settings.images['openstack-cloud-controller-manager'],
              command: ['/bin/openstack-cloud-controller-manager'],
              args: [
                '--v=1',
                '--cloud-provider=openstack',
                '--cloud-config=/etc/cloud/cloud.conf',
                '--kubeconfig=/etc/kubeconfig/kubeconfig',
                `--cluster-name=${cluster.id}`,
                '--controllers=cloud-node,cloud-node-lifecycle,service',
                '--use-service-account-credentials=false',
                `--leader-elect=${replicas > 1}`,
              ],
              resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '256Mi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [
                { name: 'cloud-config', mountPath: '/etc/cloud', readOnly: true },
                { name: 'kubeconfig', mountPath: '/etc/kubeconfig', readOnly: true },
              ],
            },
          ],
          volumes: [
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
