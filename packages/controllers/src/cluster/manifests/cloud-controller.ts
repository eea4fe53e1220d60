import { controlPlaneReplicas, replicasForNow } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
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

const app = 'cloud-controller-manager';

export const cloudControllerName = (clusterId: string): string => companionName(clusterId, app);

/** The cloud controller manager of one cluster: load balancers can still be removed when no worker is left. */
export function cloudController(input: CompanionInput & { readonly rests: boolean }): KubeObject {
  const { cluster, settings } = input;
  const replicas = controlPlaneReplicas(cluster.tier);
  return besideControlPlane(input, {
    app,
    replicas: replicasForNow(cluster, input.rests),
    containers: [
      {
        name: app,
        image: settings.images['openstack-cloud-controller-manager'],
        command: ['/bin/openstack-cloud-controller-manager'],
        args: [
          '--v=1',
          '--cloud-provider=openstack',
          `--cloud-config=${cloudConfigPath}`,
          `--kubeconfig=${kubeconfigPath}`,
          `--cluster-name=${cluster.id}`,
          '--controllers=cloud-node,cloud-node-lifecycle,service',
          '--use-service-account-credentials=false',
          `--leader-elect=${replicas > 1}`,
        ],
        resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '256Mi' } },
        securityContext: containerSecurity,
        volumeMounts: [cloudConfigMount, kubeconfigMount],
      },
    ],
  });
}
