import { X509Certificate } from 'node:crypto';
import type { Cluster, ObservedRotation } from '@matryoshka/domain';
import { type KubeClient, type KubeObject, parseKubeconfig } from '@matryoshka/kube';
import { runsOn } from '../gather/rollout.ts';
import { adminKubeconfigSecretName } from '../manifests/beside-control-plane.ts';
import { signerMount } from '../manifests/signer.ts';
import { listAt, textAt } from '../read.ts';
import { isKnownBy } from './kubeconfigs.ts';
import { certificatesOf, fingerprintOf, holdsSame } from './pem.ts';
import { dataOf, readKeys, says, stageOf } from './secrets.ts';
import { type RotationKeys, secretNames, secretsAt, servesNew, trusted } from './stages.ts';

/** What new workers read of a cluster before they join. */
export const clusterInfo = { apiVersion: 'v1', kind: 'ConfigMap', name: 'cluster-info', namespace: 'kube-public' };

/** What pods trust that start now. The controller manager writes it some seconds after it leads (kubernetes, pkg/controller/certificates/rootcacertpublisher). */
const rootAuthority = { apiVersion: 'v1', kind: 'ConfigMap', name: 'kube-root-ca.crt', namespace: 'kube-system' };

export interface RotationReads {
  readonly secrets: readonly KubeObject[];
  readonly deployment: KubeObject | undefined;
  /** Replicas of more than one revision may serve. */
  readonly mixed: boolean;
  /** The cluster's own API. */
  readonly tenant: KubeClient;
}

/** How far the rotation of a cluster is. What its API does not answer counts as not done. */
export async function gatherRotation(
  { id }: Cluster,
  { secrets, deployment, mixed, tenant }: RotationReads,
  signal: AbortSignal,
): Promise<ObservedRotation> {
  const names = secretNames(id);
  const find = (name: string): KubeObject | undefined => secrets.find(({ metadata }) => metadata.name === name);
  const serving = certificatesOf(dataOf(find(names.authority))['ca.crt'] ?? '')[0];
  const stored = find(names.keys);
  const [keys, stage] = [readKeys(stored), stageOf(stored)];
  const common = { serving: serving === undefined ? null : fingerprintOf(serving) };
  if (keys === undefined || stage === undefined)
    return { ...common, stage: null, applied: false, rolledOut: false, published: false, authority: null };
  const bundle = trusted(keys, stage);
  return {
    ...common,
    stage,
    authority: fingerprintOf(new X509Certificate(keys.authority.new.public)),
    applied:
      [...secretsAt(keys, stage, id)].every(([name, data]) => says(find(name), data)) &&
      (!servesNew(stage) ||
        (isIssuedByNew(find(adminKubeconfigSecretName(id)), keys) &&
          names.konnectivity.every((name) => isOfNew(find(name), keys, bundle)))),
    rolledOut: !mixed && canSign(deployment) && runsOn(deployment, secrets, id),
    published: isPublished(find(adminKubeconfigSecretName(id)), bundle) && (await isAnnounced(tenant, bundle, signal)),
  };
}

/** Kamaji does not renew those of konnectivity with the authority (issues 975 and 1151 of clastix/kamaji). False while one is not there. */
export function isOfNew(secret: KubeObject | undefined, keys: RotationKeys, bundle: string): boolean {
  if (!isIssuedByNew(secret, keys)) return false;
  const kubeconfigs = Object.values(dataOf(secret)).filter((text) => !text.includes('-----BEGIN'));
  return kubeconfigs.every((kubeconfig) => isKnownBy(kubeconfig, bundle));
}

/** True when every certificate in a Secret, as such or in kubeconfigs, is one of the new authority. False while there is none. */
export function isIssuedByNew(secret: KubeObject | undefined, { authority }: RotationKeys): boolean {
  const { publicKey } = new X509Certificate(authority.new.public);
  const texts = Object.entries(dataOf(secret)).filter(([key]) => !key.endsWith('.key'));
  const isIssued = (text: string): boolean => {
    try {
      const pem = text.includes('-----BEGIN') ? text : parseKubeconfig(text).cert;
      return pem !== undefined && new X509Certificate(pem).verify(publicKey);
    } catch {
      return false;
    }
  };
  return texts.length > 0 && texts.every(([, text]) => isIssued(text));
}

function isPublished(secret: KubeObject | undefined, bundle: string): boolean {
  const kubeconfigs = Object.values(dataOf(secret));
  return kubeconfigs.length > 0 && kubeconfigs.every((kubeconfig) => isKnownBy(kubeconfig, bundle));
}

async function isAnnounced(tenant: KubeClient, bundle: string, signal: AbortSignal): Promise<boolean> {
  try {
    const [info, root] = await Promise.all([
      tenant.find(clusterInfo, { signal }),
      tenant.find(rootAuthority, { signal }),
    ]);
    const kubeconfig = textAt(info, 'data', 'kubeconfig');
    return (
      kubeconfig !== undefined &&
      isKnownBy(kubeconfig, bundle) &&
      holdsSame(textAt(root, 'data', 'ca.crt') ?? '', bundle)
    );
  } catch {
    // Its own administrator may be unknown to it until the next step is made: that must not wait for an answer.
    return false;
  }
}

/** Its pods have the place where a key of their own to sign with is mounted. */
const canSign = (deployment: KubeObject | undefined): boolean =>
  listAt(deployment, 'spec', 'template', 'spec', 'volumes').some(
    (volume) => textAt(volume, 'name') === signerMount.name,
  );
