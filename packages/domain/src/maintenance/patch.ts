import { compareVersions, parseVersion } from '../upgrade/version.ts';

interface Offer {
  readonly version: string;
  readonly state: 'offered' | 'deprecated' | 'withdrawn';
  readonly hasImage: boolean;
}

/** The newest patch of the same minor that the provider offers, when it is newer; one that is only still supported is nothing to go to. */
export function newerPatch(version: string, offers: readonly Offer[]): string | undefined {
  const current = parseVersion(version);
  if (current === undefined) return undefined;
  return offers
    .filter(({ state, hasImage }) => state === 'offered' && hasImage)
    .flatMap((offer) => {
      const parsed = parseVersion(offer.version);
      const isNewer = parsed?.minor === current.minor && compareVersions(parsed, current) > 0;
      return parsed !== undefined && isNewer ? [{ text: offer.version, parsed }] : [];
    })
    .toSorted((a, b) => compareVersions(b.parsed, a.parsed))[0]?.text;
}

/** A pool that is behind its control plane by nothing but patches; the first of them. */
export function poolBehind<P extends { readonly kubernetesVersion: string }>(
  controlPlane: string,
  pools: readonly P[],
): P | undefined {
  const wanted = parseVersion(controlPlane);
  return pools.find((pool) => {
    const has = parseVersion(pool.kubernetesVersion);
    return wanted !== undefined && has?.minor === wanted.minor && compareVersions(has, wanted) < 0;
  });
}
