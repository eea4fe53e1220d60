import type { Lockfile } from './lockfile.ts';

/** Licences under which a part may be shipped together with Apache-2.0 code. Anything else needs a look by a person. */
export const allowedLicences: readonly string[] = [
  'Apache-2.0',
  'MIT',
  'MIT-0',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'CC0-1.0',
  'CC-BY-4.0',
  'Unlicense',
  'BlueOak-1.0.0',
  'Python-2.0',
  'MPL-2.0', // file-level copyleft: fine for parts we use unchanged
];

/**
 * Packages of the lock file whose licence is not on the list. `declared` answers for a package that the lock file
 * has no licence for, from its own package.json.
 */
export function licenceProblems(
  lockfile: Lockfile,
  declared: (path: string) => string | undefined,
): { readonly checked: number; readonly problems: readonly string[] } {
  const problems: string[] = [];
  let checked = 0;
  for (const [path, entry] of Object.entries(lockfile.packages)) {
    if (!path.includes('node_modules/') || entry.link === true) continue;
    checked += 1;
    const licence = entry.license ?? declared(path);
    if (licence === undefined) problems.push(`${path}: no licence named`);
    else if (!isAllowed(licence)) problems.push(`${path}: licence ${licence} is not on the allow-list`);
  }
  return { checked, problems };
}

/** SPDX expressions as npm uses them: `(MIT OR GPL-2.0)` is fine when one side is, `A AND B` when both are. */
export function isAllowed(expression: string): boolean {
  const plain = expression.replace(/^\((.*)\)$/, '$1');
  return plain.split(' OR ').some((side) => side.split(' AND ').every((part) => allowedLicences.includes(part.trim())));
}
