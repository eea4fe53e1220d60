import { type Cluster, type CustomerIssuer, customerIssuerPath } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { stringify } from 'yaml';
import type { ClusterSettings } from '../../config.ts';
import { labelsOf } from '../labels.ts';
import type { ManifestInput } from './input.ts';

export const authenticationName = (clusterId: string): string => `${clusterId}-authentication`;

const file = 'authentication.yaml';
const folder = '/etc/kubernetes/authentication';
/** Where kube-apiserver finds it; it reads it again when it changes (apiserver/pkg/server/options/authentication.go). */
export const authenticationPath = `${folder}/${file}`;
export const authenticationMount = { name: 'authentication', mountPath: folder, readOnly: true };

/** Whatever a later mapping does: a person is never taken for a part of the cluster. */
const reserved = (prefix: string) => [
  { expression: `!user.username.startsWith('${prefix}')`, message: 'the name is reserved' },
  { expression: `user.groups.all(group, !group.startsWith('${prefix}'))`, message: 'a group is reserved' },
];

/**
 * Whom a control plane lets in besides its own certificates and ServiceAccounts: who shows a token of our issuer for this cluster, of this access
 * epoch or a later one, or one of the customer's own issuers. (AuthenticationConfiguration, apiserver.config.k8s.io/v1; the claims are those of
 * application/credential.)
 */
export function authenticationConfiguration(
  cluster: Pick<Cluster, 'id' | 'accessEpoch' | 'access'>,
  issuer: ClusterSettings['issuer'],
): unknown {
  const { url, authority } = issuer;
  return {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    jwt: [
      {
        issuer: { url, certificateAuthority: authority, audiences: [cluster.id] },
        claimValidationRules: [
          {
            expression: `claims.epoch >= ${cluster.accessEpoch}.0`,
            message: 'the credential was revoked with all others of its time',
          },
        ],
        claimMappings: {
          username: { claim: 'sub', prefix: 'kaas:' },
          groups: { claim: 'role', prefix: 'kaas:' },
          extra: [
            { key: 'matryoshka.dev/name', valueExpression: 'claims.name' },
            { key: 'matryoshka.dev/credential', valueExpression: 'claims.jti' },
          ],
        },
        userValidationRules: reserved('system:'),
      },
      ...cluster.access.oidcIssuers.map((theirs) => customerAuthenticator(cluster.id, theirs, issuer)),
    ],
  };
}

/** By keys that our issuer passes on: the control plane itself calls nobody outside of the provider. Prefix and claim together must not make a name of ours either. */
function customerAuthenticator(
  clusterId: string,
  theirs: CustomerIssuer,
  { url, authority }: ClusterSettings['issuer'],
): unknown {
  return {
    issuer: {
      url: theirs.url,
      discoveryURL: `${url.replace(/\/$/, '')}${customerIssuerPath(clusterId, theirs.name)}/.well-known/openid-configuration`,
      certificateAuthority: authority,
      audiences: theirs.audiences,
      audienceMatchPolicy: 'MatchAny',
    },
    claimMappings: {
      username: { claim: theirs.usernameClaim, prefix: theirs.usernamePrefix },
      ...(theirs.groupsClaim === null ? {} : { groups: { claim: theirs.groupsClaim, prefix: theirs.groupsPrefix } }),
    },
    userValidationRules: [...reserved('system:'), ...reserved('kaas:')],
  };
}

export function authenticationConfigMap({ cluster, settings }: ManifestInput): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: authenticationName(cluster.id), namespace: cluster.id, labels: labelsOf(cluster) },
    data: { [file]: stringify(authenticationConfiguration(cluster, settings.issuer)) },
  };
}
