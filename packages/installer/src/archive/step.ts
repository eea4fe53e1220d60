import { archiveState, backUp, createArchive } from '@matryoshka/archive';
import type { PlatformStep } from '../context.ts';
import { platformArchive, writeArchiveConfiguration } from './configuration.ts';

/** The continuous archive of PostgreSQL: from its first base backup on, every moment can be had back. */
export function archiveStep(after: readonly string[]): PlatformStep {
  return {
    id: 'archive',
    title: 'archive of PostgreSQL',
    after,
    check: async ({ config, paths }) => {
      const changed = await writeArchiveConfiguration(config, paths);
      return !changed && (await archiveState(await platformArchive(paths))) !== undefined;
    },
    apply: async ({ paths }, { signal, report }) => {
      const archive = await platformArchive(paths);
      await createArchive(archive, signal);
      if ((await archiveState(archive, signal)) !== undefined) return;
      report('the first base backup');
      await backUp(archive, 'full', signal);
    },
  };
}
