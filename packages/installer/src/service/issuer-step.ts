import { join } from 'node:path';
import { readFileIfExists, writeFileAtomic } from '@matryoshka/system';
import type { PlatformConfig, PlatformPaths } from '../config.ts';
import type { PlatformContext, PlatformStep } from '../context.ts';
import { platformAuthority } from '../postgres/cluster.ts';
import {
  type CertificateAndKey,
  ensureLeaf,
  type LeafRequest,
  leafIsGood,
  storedPair,
} from '../secrets/certificates.ts';

/** PEM files of the listener where control planes fetch the keys of the issuer. */
export interface IssuerFiles {
  readonly certificate: string;
  readonly key: string;
  /** By which authority it is known. */
  readonly authority: string;
}

export function issuerFiles({ pki }: Pick<PlatformPaths, 'pki'>): IssuerFiles {
  return {
    certificate: join(pki, 'issuer.crt'),
    key: join(pki, 'issuer.key'),
    authority: join(pki, 'issuer-authority.crt'),
  };
}

/** As the control planes reach it: on the provider network. */
export function issuerUrl({ network, ports }: Pick<PlatformConfig, 'network' | 'ports'>): string {
  return `https://${network.address}:${ports.issuer}`;
}

const leafName = 'issuer';

function leafRequest(config: PlatformConfig): LeafRequest {
  return { commonName: 'matryoshka-issuer', ipAddresses: [config.network.address], usages: ['server'] };
}

/** The certificate of the issuer, renewed in time. kaas-api reads it again by itself. */
export function issuerCertificateStep(after: readonly string[]): PlatformStep {
  return {
    id: 'issuer-certificate',
    title: 'certificate of the issuer',
    after,
    check: async ({ config, paths }) => {
      const stored = await storedPair(paths.pki, leafName);
      if (stored === undefined) return false;
      const authority = await platformAuthority(paths);
      if (!(await leafIsGood(authority, stored, leafRequest(config)))) return false;
      const written = await Promise.all(
        contents(paths, stored, authority).map(async ([file, content]) => (await readFileIfExists(file)) === content),
      );
      return written.every(Boolean);
    },
    apply: async (context: PlatformContext) => {
      const { config, paths } = context;
      const authority = await platformAuthority(paths);
      const leaf = await ensureLeaf(paths.pki, leafName, authority, leafRequest(config));
      for (const [file, content] of contents(paths, leaf, authority)) await writeFileAtomic(file, content, 0o600);
    },
  };
}

// The key first: kaas-api looks at the certificate to see whether both are new.
function contents(
  paths: PlatformPaths,
  leaf: CertificateAndKey,
  authority: CertificateAndKey,
): readonly (readonly [string, string])[] {
  const files = issuerFiles(paths);
  return [
    [files.key, leaf.key],
    [files.certificate, leaf.certificate],
    [files.authority, authority.certificate],
  ];
}
