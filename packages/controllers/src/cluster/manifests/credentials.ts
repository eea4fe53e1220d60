import type { KubeObject } from '@matryoshka/kube';
import { stringify } from 'yaml';
import { labelsOf } from '../labels.ts';
import type { CredentialInput } from './input.ts';

export const cloudsSecretName = (clusterId: string): string => `${clusterId}-clouds`;
export const cloudConfigSecretName = (clusterId: string): string => `${clusterId}-cloud-config`;
export const cloudName = 'openstack';

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/**
 * The clouds.yaml that CAPO logs in with. The label lets `clusterctl move` take it along (CAPO book, "clusteropenstack configuration").
 */
export function cloudsSecret({ cluster, settings, credential }: CredentialInput): KubeObject {
  const clouds = {
    clouds: {
      [cloudName]: {
        auth_type: 'v3applicationcredential',
        auth: {
          auth_url: settings.openstack.authUrl,
          application_credential_id: credential.id,
          application_credential_secret: credential.secret,
        },
        region_name: settings.openstack.region,
        identity_api_version: 3,
      },
    },
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: cloudsSecretName(cluster.id),
      namespace: cluster.id,
      labels: labelsOf(cluster, { 'clusterctl.cluster.x-k8s.io/move': 'true' }),
    },
    type: 'Opaque',
    data: { 'clouds.yaml': base64(stringify(clouds)) },
  };
}

/** The cloud.conf of the cluster's cloud controller manager (cloud-provider-openstack, "Config openstack-cloud-controller-manager"). */
export function cloudConfigSecret({ cluster, settings, credential, externalNetworkId }: CredentialInput): KubeObject {
  const lines = [
    '[Global]',
    `auth-url=${settings.openstack.authUrl}`,
    `region=${settings.openstack.region}`,
    `application-credential-id=${credential.id}`,
    `application-credential-secret=${credential.secret}`,
    '[LoadBalancer]',
    'enabled=true',
    `floating-network-id=${externalNetworkId}`,
    // Left out, it would ask for "amphora", which a cloud with another provider refuses.
    `lb-provider="${settings.loadBalancerProvider}"`,
    // The only one that OVN has.
    ...(settings.loadBalancerProvider === 'ovn' ? ['lb-method=SOURCE_IP_PORT'] : []),
    '',
  ];
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: cloudConfigSecretName(cluster.id), namespace: cluster.id, labels: labelsOf(cluster) },
    type: 'Opaque',
    data: { 'cloud.conf': base64(lines.join('\n')) },
  };
}
