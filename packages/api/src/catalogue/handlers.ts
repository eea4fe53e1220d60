import { listFlavors, listKubernetesVersions, pricesPerHour } from '@matryoshka/postgres';
import type { PlainHandlers } from '../http/incoming.ts';

export const catalogueHandlers: Pick<PlainHandlers, 'version.list' | 'flavor.list'> = {
  'version.list': async ({ pool }) => {
    const versions = await listKubernetesVersions(pool);
    const items = versions.map((entry) => ({
      version: entry.version,
      state: entry.state,
      default: entry.isDefault,
      available: entry.imageId !== null,
    }));
    return { data: { items } };
  },
  'flavor.list': async ({ pool, now }) => {
    const flavors = await listFlavors(pool);
    const prices = await pricesPerHour(pool, 'node', now());
    const items = flavors.map(({ name, vcpus, ramMib, diskGib }) => ({
      ...{ name, vcpus, ramMib, diskGib },
      perHour: prices.get(name) ?? prices.get('') ?? null,
    }));
    return { data: { items } };
  },
};
