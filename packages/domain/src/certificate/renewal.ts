import { type Failure, failureOf } from '../cause/causes.ts';
import type { Cluster } from '../cluster/model.ts';
import type { ObservedControlPlane } from '../cluster/observed.ts';
import type { CertificateStatus, ObservedCertificate } from './model.ts';

const dayMs = 86_400_000;
/** Kamaji itself waits until a day before the end, which leaves nobody time to find out that it does not work. */
const longestLeadMs = 60 * dayMs;

/** How long before its end a certificate is renewed: when a third of its life is left, at most sixty days. In milliseconds. */
function leadOf({ madeAt, notAfter }: ObservedCertificate): number {
  return Math.min(longestLeadMs, (notAfter.getTime() - madeAt.getTime()) / 3);
}

/** When a certificate is renewed by itself. */
export function renewsAt(certificate: ObservedCertificate): Date {
  return new Date(certificate.notAfter.getTime() - leadOf(certificate));
}

/**
 * Secrets whose certificates shall be made anew now: those that near their end, and those older than what the owner asked for. When one is due, those that follow within the time
 * that is left of its life go with it, so that the control plane is renewed once and not for each of them.
 */
export function secretsToRenew(
  { renewBefore, rotation }: Pick<Cluster, 'renewBefore' | 'rotation'>,
  { certificates }: ObservedControlPlane,
  now: Date,
): readonly string[] {
  // A rotation that is under way makes them anew itself.
  if (rotation !== null && rotation.phase !== 'prepared') return [];
  const renewable = certificates.filter(({ secret, authority }) => secret !== null && !authority);
  // Kubernetes cuts times of creation to seconds: one made right after it was asked for must not look older.
  const limit = renewBefore === null ? 0 : Math.floor(renewBefore.getTime() / 1000) * 1000;
  const isOld = ({ madeAt }: ObservedCertificate): boolean => madeAt.getTime() < limit;
  const due = renewable.filter((one) => isOld(one) || renewsAt(one) <= now);
  const horizon = Math.max(...due.map((one) => renewsAt(one).getTime() + leadOf(one)));
  const along = due.length === 0 ? [] : renewable.filter((one) => renewsAt(one).getTime() <= horizon - dayMs);
  return [...new Set([...due, ...along].flatMap(({ secret }) => (secret === null ? [] : [secret])))].toSorted();
}

/** A certificate that should have been renewed long ago: half of the time that was meant for it is over. */
export function certificateCause(certificates: readonly ObservedCertificate[], now: Date): Failure | undefined {
  const ending = certificates.find((one) => one.notAfter.getTime() - now.getTime() < leadOf(one) / 2);
  return ending === undefined
    ? undefined
    : failureOf('CertificateExpiring', `${ending.name} ends at ${ending.notAfter.toISOString()}`);
}

/** As it is reported, by name. */
export function certificateStatuses(certificates: readonly ObservedCertificate[]): readonly CertificateStatus[] {
  return certificates
    .map((one) => ({
      name: one.name,
      authority: one.authority,
      notAfter: one.notAfter.toISOString(),
      renewsAt: one.secret === null || one.authority ? null : renewsAt(one).toISOString(),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
