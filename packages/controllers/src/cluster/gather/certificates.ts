import { X509Certificate } from 'node:crypto';
import type { ObservedCertificate } from '@matryoshka/domain';
import { type KubeObject, parseKubeconfig } from '@matryoshka/kube';
import { at, timeAt } from '../read.ts';

/** On Secrets that Kamaji makes anew when they are gone (internal/constants/labels.go, ControllerLabelResource). */
const renewableLabel = 'kamaji.clastix.io/certificate_lifecycle_controller';

/** The certificates that the Secrets of a control plane hold, those of clients in kubeconfigs among them; `clusterId` is left out of their names. */
export function certificatesIn(secrets: readonly KubeObject[], clusterId: string): readonly ObservedCertificate[] {
  return secrets.flatMap((secret) => {
    const { name, labels } = secret.metadata;
    const data = at(secret, 'data');
    if (typeof data !== 'object' || data === null) return [];
    const isRenewable = labels?.[renewableLabel] !== undefined;
    const short = name.startsWith(`${clusterId}-`) ? name.slice(clusterId.length + 1) : name;
    const seen = new Set<string>();
    return Object.entries(data).flatMap(([key, value]): readonly ObservedCertificate[] => {
      if (typeof value !== 'string') return [];
      const text = Buffer.from(value, 'base64').toString('utf8');
      const certificate = parse(key.endsWith('.crt') ? text : isRenewable ? clientOf(text) : undefined);
      // The same under several names is one (`tls.crt` beside `ca.crt`).
      if (certificate === undefined || seen.has(certificate.fingerprint256)) return [];
      seen.add(certificate.fingerprint256);
      return [
        {
          name: `${short}/${key}`,
          secret: isRenewable ? name : null,
          authority: certificate.ca,
          madeAt: timeAt(secret, 'metadata', 'creationTimestamp'),
          notAfter: new Date(certificate.validTo),
        },
      ];
    });
  });
}

/** Undefined for what is no kubeconfig, or has no certificate. */
function clientOf(text: string): string | undefined {
  try {
    return parseKubeconfig(text).cert;
  } catch {
    return undefined;
  }
}

/** Undefined for what is no certificate: it is no certificate that ends. */
function parse(pem: string | undefined): X509Certificate | undefined {
  if (pem === undefined) return undefined;
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
