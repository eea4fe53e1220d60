import type { PlatformStep } from '../context.ts';
import { installPackages, missingPackages } from './apt.ts';
import { debianPackages } from './debian-packages.ts';
import { preflight, preflightError } from './preflight.ts';

/** Refuses a machine that cannot run the platform, with every problem at once. */
export function machineStep(): PlatformStep {
  return {
    id: 'machine',
    title: 'machine check',
    after: [],
    check: async ({ config }) => {
      const problems = await preflight(config);
      if (problems.length > 0) throw preflightError(problems);
      return true;
    },
    apply: async () => undefined,
  };
}

export function packagesStep(after: readonly string[]): PlatformStep {
  const names = debianPackages.map((entry) => entry.name);
  return {
    id: 'packages',
    title: 'Debian packages',
    after,
    check: async () => (await missingPackages(names)).length === 0,
    apply: async (_context, { signal, report }) =>
      await installPackages(await missingPackages(names), { signal, report }),
    verify: async () => {
      const missing = await missingPackages(names);
      if (missing.length > 0) throw new Error(`still missing: ${missing.join(' ')}`);
    },
  };
}
