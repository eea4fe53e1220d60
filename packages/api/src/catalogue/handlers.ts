import { listFlavors, listKubernetesVersions } from '@matryoshka/postgres';
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
  'flavor.list': async ({ pool }) => {
    const flavors = await listFlavors(pool);
    return { data: { items: flavors.map(({ name, vcpus, ramMib, diskGib }) => ({ name, vcpus, ramMib, diskGib })) } };
  },
};
