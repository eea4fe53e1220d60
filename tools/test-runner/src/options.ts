import { parseArgs } from 'node:util';

export const tiers = ['unit', 'medium', 'e2e'] as const;

const usage = `kaas test [--tier ${tiers.join('|')}]…
  All set-up, then all checks and tests; with --tier only those tests (repeatable).
`;

/** What to run, or what to say instead and with which exit code. */
export function readOptions(
  argv: readonly string[],
): { readonly tiers: readonly string[] } | { readonly say: string; readonly code: number } {
  let values: { readonly tier?: string[]; readonly help?: boolean };
  try {
    const options = { tier: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } } as const;
    values = parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    return { say: `kaas test: ${reason}\n${usage}`, code: 2 };
  }
  if (values.help) return { say: usage, code: 0 };
  const wanted = values.tier ?? tiers;
  const unknown = wanted.filter((tier) => !tiers.some((known) => known === tier));
  if (unknown.length === 0) return { tiers: wanted };
  return { say: `kaas test: unknown tier ${unknown.join(', ')}\n  next step: use ${tiers.join(', ')}.\n`, code: 2 };
}
