import { X509Certificate } from 'node:crypto';
import type { KubeObject } from '@matryoshka/kube';
import { at } from '../read.ts';

/** Ends of the certificates (not of the authorities) that secrets hold, by `secret/key`. */
export function certificatesIn(
  secrets: readonly KubeObject[],
): readonly { readonly name: string; readonly notAfter: Date }[] {
  return secrets.flatMap((secret) => {
    const data = at(secret, 'data');
    if (typeof data !== 'object' || data === null) return [];
    return Object.entries(data)
      .filter(([key, value]) => key.endsWith('.crt') && typeof value === 'string')
      .flatMap(([key, value]) => {
        const certificate = parse(Buffer.from(String(value), 'base64').toString('utf8'));
        if (certificate === undefined || certificate.ca) return [];
        return [{ name: `${secret.metadata.name}/${key}`, notAfter: new Date(certificate.validTo) }];
      });
  });
}

/** Undefined for what is no certificate: it is no certificate that ends. */
function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
