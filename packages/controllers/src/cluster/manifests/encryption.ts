import { type Cluster, plain } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import type { StoredEncryption } from '../encryption/keys.ts';
import { labelsOf } from '../labels.ts';

export const encryptionName = (clusterId: string): string => `${clusterId}-encryption`;

const path = 'encryption.yaml';
const folder = '/etc/kubernetes/encryption';
export const encryptionMount = { name: 'encryption', mountPath: folder, readOnly: true };
export const encryptionArguments = [`--encryption-provider-config=${folder}/${path}`];

/** In the Secret. Its name is in the pods, so that they are replaced when it changes: that tells by which keys each replica reads, which a file that is read again would not. */
export const fileOf = (generation: number): string => `generation-${generation}.yaml`;

/** Null for what is no name of such a file. */
export function generationOf(file: string): number | null {
  const number = /^generation-(\d+)\.yaml$/.exec(file)?.[1];
  return number === undefined ? null : Number(number);
}

export const encryptionVolume = ({ id }: Cluster, { generation }: StoredEncryption): unknown => ({
  name: encryptionMount.name,
  secret: { secretName: encryptionName(id), items: [{ key: fileOf(generation), path }] },
});

/** What the API server of a cluster stores Secrets with, and what replicas of the generation before are started with (EncryptionConfiguration, apiserver.config.k8s.io/v1). */
export function encryptionSecret(cluster: Cluster, stored: StoredEncryption): KubeObject {
  const { generation, order, before } = stored;
  const files = [[generation, order] as const, ...(before === null ? [] : [[generation - 1, before] as const])];
  const data = files.map(([of, names]) => [fileOf(of), base64(JSON.stringify(configuration(stored, names)))]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: encryptionName(cluster.id), namespace: cluster.id, labels: labelsOf(cluster) },
    type: 'Opaque',
    data: Object.fromEntries(data) as Record<string, string>,
  };
}

function configuration({ keys }: StoredEncryption, order: readonly string[]): unknown {
  const secretbox = (names: readonly string[]): readonly unknown[] =>
    names.length === 0
      ? []
      : [
          {
            secretbox: {
              keys: keys
                .filter(({ name }) => names.includes(name))
                .toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name))
                .map(({ name, secret }) => ({ name, secret })),
            },
          },
        ];
  // All keys are of one provider: a second one with the same prefix would be asked in vain for each value of the first.
  const at = order.indexOf(plain);
  const named = [order.slice(0, at), order.slice(at + 1)] as const;
  return {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [
      { resources: ['secrets'], providers: [...secretbox(named[0]), { identity: {} }, ...secretbox(named[1])] },
    ],
  };
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
