import { tierLabel } from '@matryoshka/addons';
import type { KubeObject } from '@matryoshka/kube';
import { labelsOf } from '../labels.ts';
import type { ManifestInput } from './input.ts';

/** The namespace that holds everything of one cluster in the management cluster. */
export function namespace({ cluster }: ManifestInput): KubeObject {
  const labels = labelsOf(cluster, { [tierLabel]: cluster.tier });
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: cluster.id, labels } };
}
