import { X509Certificate } from 'node:crypto';

const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The certificates of a bundle in their order. Throws when one is none. */
export function certificatesOf(bundle: string): readonly X509Certificate[] {
  return (bundle.match(block) ?? []).map((pem) => new X509Certificate(pem));
}

/** SHA-256 of a certificate, in hexadecimal. */
export const fingerprintOf = ({ fingerprint256 }: X509Certificate): string =>
  fingerprint256.replaceAll(':', '').toLowerCase();

/** True when two bundles hold the same certificates, in whatever order. Throws when one is none. */
export function holdsSame(a: string, b: string): boolean {
  const prints = (bundle: string): string =>
    [...new Set(certificatesOf(bundle).map(fingerprintOf))].toSorted().join(' ');
  return prints(a) === prints(b);
}
