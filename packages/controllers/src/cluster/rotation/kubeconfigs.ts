import { isMap, isSeq, parseDocument } from 'yaml';
import { holdsSame } from './pem.ts';

const authorityKey = 'certificate-authority-data';

/** The kubeconfig with another authority for each of its clusters; everything else stays as it is written. */
export function withAuthority(kubeconfig: string, bundle: string): string {
  const document = parseDocument(kubeconfig);
  const clusters = document.get('clusters');
  if (isSeq(clusters))
    for (const entry of clusters.items) {
      const cluster = isMap(entry) ? entry.get('cluster') : undefined;
      if (isMap(cluster)) cluster.set(authorityKey, Buffer.from(bundle).toString('base64'));
    }
  return document.toString({ lineWidth: 0 });
}

/** True when each cluster of a kubeconfig is known by just these authorities. False for what is no kubeconfig. */
export function isKnownBy(kubeconfig: string, bundle: string): boolean {
  try {
    const { clusters } = parseDocument(kubeconfig).toJS() as {
      readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
    };
    return clusters.every(({ cluster }) =>
      holdsSame(Buffer.from(cluster[authorityKey] ?? '', 'base64').toString('utf8'), bundle),
    );
  } catch {
    return false;
  }
}
