import { createHash, X509Certificate } from 'node:crypto';
import { buildKubeconfig } from '@matryoshka/kube';
import {
  type CertificateAndKey,
  createKeyPair,
  ensureAuthority,
  ensureLeaf,
  ensureStored,
} from '../secrets/certificates.ts';

/** What the management control plane is signed by. We make it, so that nothing has to be fetched from the machines. */
export interface ManagementPki {
  readonly ca: CertificateAndKey;
  readonly frontProxyCa: CertificateAndKey;
  /** Signs service account tokens; `certificate` holds the public key. */
  readonly serviceAccounts: CertificateAndKey;
}

/** The authorities, made once. */
export async function ensureManagementPki(dir: string): Promise<ManagementPki> {
  return {
    ca: await ensureAuthority(dir, 'management-ca', 'kubernetes'),
    frontProxyCa: await ensureAuthority(dir, 'management-front-proxy-ca', 'front-proxy-ca'),
    serviceAccounts: await ensureStored(dir, 'management-service-accounts', async () => {
      const { publicKey, privateKey } = await createKeyPair();
      return { certificate: publicKey, key: privateKey };
    }),
  };
}

/** Hash of an authority's public key, as `kubeadm join --discovery-token-ca-cert-hash` wants it. */
export function publicKeyHash(certificatePem: string): string {
  const key = new X509Certificate(certificatePem).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

/** An administrator's kubeconfig as JSON, its certificate renewed in time. */
export async function adminKubeconfig(dir: string, pki: ManagementPki, server: string): Promise<string> {
  const leaf = await ensureLeaf(dir, 'management-admin', pki.ca, {
    commonName: 'matryoshka',
    // The group that Kubernetes binds to cluster-admin itself, before any RBAC object can be lost.
    organization: 'system:masters',
    usages: ['client'],
  });
  const connection = { server, ca: pki.ca.certificate, cert: leaf.certificate, key: leaf.key };
  return `${JSON.stringify(buildKubeconfig({ name: 'matryoshka-management', connection }), null, 2)}\n`;
}
