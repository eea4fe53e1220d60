import {
  listProjects,
  type Pool,
  replaceFlavors,
  replaceKubernetesVersions,
  replaceProjectQuota,
} from '@matryoshka/postgres';
import type { CatalogueStore, CatalogueVersion } from './catalogue.ts';

const numbers = (version: string): readonly number[] => version.slice(1).split('.').map(Number);

/** Newest first. */
function byVersion(a: CatalogueVersion, b: CatalogueVersion): number {
  const [left, right] = [numbers(a.version), numbers(b.version)];
  return right.map((part, index) => part - (left[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** The catalogue in the product database. `defaultVersion` is offered as default where its image exists, else the newest version. */
export function createPostgresCatalogue(pool: Pool, defaultVersion: string | undefined): CatalogueStore {
  return {
    replaceFlavors: async (flavors) => await replaceFlavors(pool, flavors),
    replaceVersions: async (versions) => {
      const unique = [...new Map(versions.map((entry) => [entry.version, entry])).values()].toSorted(byVersion);
      const chosen = unique.find(({ version }) => version === defaultVersion) ?? unique[0];
      const rows = unique.map((entry) => ({ ...entry, state: 'offered' as const, isDefault: entry === chosen }));
      await replaceKubernetesVersions(pool, rows);
    },
    projects: async () => (await listProjects(pool)).map(({ id }) => id),
    saveQuota: async (projectId, quota) => await replaceProjectQuota(pool, projectId, quota),
  };
}
