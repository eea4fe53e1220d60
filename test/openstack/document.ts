import type { Difference } from './compare.ts';
import { knownDifferences, passing, reasonOf } from './known-differences.ts';

const shownPerReason = 12;

/** The table of differences for people, grouped by reason. `differences` are those that a run found. */
export function differencesDocument(cloud: string, differences: readonly Difference[]): string {
  const lines = [
    '# Where pocket cloud differs from a real OpenStack',
    '',
    `One scenario (\`test/openstack/scenario\`) is played on pocket cloud and on ${cloud};`,
    'status, headers, error messages, every field of the answers and the states that objects go through are compared. What differs is listed here, and',
    'nothing else may: the medium test `test/openstack/conformance.medium.ts` plays the scenario again and holds it against the recording',
    '`test/openstack/recordings/zed.json`. This page and the whole list (`test/openstack/differences.txt`) are written by that test. How to record anew: `test/openstack/README.md`.',
    '',
  ];
  for (const { reason } of knownDifferences) {
    const found = differences.filter((difference) => reasonOf(difference) === reason);
    if (found.length === 0) continue;
    if (passing.has(reason)) {
      lines.push(`## ${reason}`, '', 'Not the same in every run, and so not listed.', '');
      continue;
    }
    lines.push(`## ${reason}`, '', '| Step | What | Real | Pocket cloud |', '|---|---|---|---|');
    // Of a field that differs in many steps one is shown.
    const shown = [
      ...new Map(found.toReversed().map((difference) => [difference.what, difference])).values(),
    ].toReversed();
    for (const { step, what, real, pocket } of shown.slice(0, shownPerReason))
      lines.push(`| ${[step, what, real, pocket].map(cell).join(' | ')} |`);
    lines.push('', `${found.length} in all.`);
    lines.push('');
  }
  return lines.join('\n');
}

function cell(text: string): string {
  const short = text.length > 120 ? `${text.slice(0, 117)}…` : text;
  return short.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
}
