import { isOlder, newestOf, parseVersion } from '../upgrade/version.ts';

interface Offer {
  readonly version: string;
  readonly state: 'offered' | 'deprecated' | 'withdrawn';
  readonly hasImage: boolean;
}

/** The newest patch of the same minor that the provider offers, when it is newer; one that is only still supported is nothing to go to. */
export function newerPatch(version: string, offers: readonly Offer[]): string | undefined {
  const current = parseVersion(version);
  if (current === undefined) return undefined;
  const offered = offers.filter(({ state, hasImage }) => state === 'offered' && hasImage).map((offer) => offer.version);
  const newest = newestOf(current.minor, offered);
  return newest !== undefined && isOlder(version, newest) ? newest : undefined;
}

/** A pool that is behind its control plane by nothing but patches; the first of them. */
export function poolBehind<P extends { readonly kubernetesVersion: string }>(
  controlPlane: string,
  pools: readonly P[],
): P | undefined {
  const minor = parseVersion(controlPlane)?.minor;
  return pools.find(({ kubernetesVersion: has }) => parseVersion(has)?.minor === minor && isOlder(has, controlPlane));
}
