import { X509Certificate } from 'node:crypto';
import type { ClusterAccess, ClusterAccessSettings as Given } from '@matryoshka/contract';
import { type AccessSettings, collectViolations, type Violation, validateAccessSettings } from '@matryoshka/domain';

/** Rules for access settings in a body: the domain's, and whether authorities are certificates. */
export function checkAccess(input: unknown, ownIssuer: string, current: AccessSettings): readonly Violation[] {
  const issuers = (input as Given | undefined)?.oidcIssuers;
  const authorities = collectViolations((report) => {
    if (!Array.isArray(issuers)) return;
    issuers.forEach((issuer: Partial<NonNullable<Given['oidcIssuers']>[number]> | null, index) => {
      const pem = issuer?.certificateAuthority;
      if (typeof pem === 'string' && !isCertificate(pem))
        report(
          `/access/oidcIssuers/${index}/certificateAuthority`,
          'invalid_certificate',
          'must be PEM of certificates',
        );
    });
  });
  return [...validateAccessSettings(input, ownIssuer), ...authorities, ...oldViolations(input, current)];
}

/** Kamaji's provider refuses to give an old control plane what a new one was made with (its rule compares with what was not there). */
function oldViolations(input: unknown, { allowedRanges }: AccessSettings): readonly Violation[] {
  const ranges = (input as Given | undefined)?.allowedRanges;
  if (allowedRanges !== null || !Array.isArray(ranges) || ranges.length === 0) return [];
  const message = 'is not possible for a cluster that was made before there were such ranges; make a new one';
  return [{ pointer: '/access/allowedRanges', code: 'not_possible', message }];
}

function isCertificate(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
    return blocks.length > 0;
  } catch {
    return false;
  }
}

/** Settings after a change that names some of them. */
export function accessSettingsOf(given: Given | undefined, current: AccessSettings): AccessSettings {
  return {
    allowedRanges: current.allowedRanges === null ? null : (given?.allowedRanges ?? current.allowedRanges),
    oidcIssuers:
      given?.oidcIssuers?.map((issuer) => ({
        name: issuer.name,
        url: issuer.url,
        audiences: issuer.audiences,
        usernameClaim: issuer.usernameClaim ?? 'sub',
        usernamePrefix: issuer.usernamePrefix ?? `${issuer.name}:`,
        groupsClaim: issuer.groupsClaim ?? null,
        groupsPrefix: issuer.groupsPrefix ?? `${issuer.name}:`,
        certificateAuthority: issuer.certificateAuthority ?? null,
      })) ?? current.oidcIssuers,
  };
}

export function accessView({ allowedRanges, oidcIssuers }: AccessSettings): ClusterAccess {
  return {
    allowedRanges: [...(allowedRanges ?? [])],
    oidcIssuers: oidcIssuers.map((issuer) => ({ ...issuer, audiences: [...issuer.audiences] })),
  };
}
