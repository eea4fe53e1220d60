import type { Cloud } from '@matryoshka/openstack';
import type { VolumeTypes } from './manifests/input.ts';

const askAgainAfterMs = 5 * 60_000;

/** Asks the cloud for its public volume types, every five minutes; what was known before counts while it does not answer. */
export function createVolumeTypes(cloud: Cloud): (signal?: AbortSignal) => Promise<VolumeTypes> {
  let known: VolumeTypes | undefined;
  let askedAt = 0;
  return async (signal) => {
    if (known !== undefined && Date.now() - askedAt < askAgainAfterMs) return known;
    try {
      const types = await cloud.cinder.volumeTypes(signal);
      known = types === undefined ? null : types.filter((type) => type.is_public).map((type) => type.name);
      askedAt = Date.now();
      return known;
    } catch (error) {
      if (known === undefined) throw error;
      return known;
    }
  };
}
