import type { Step } from './recorder.ts';

export interface Difference {
  readonly step: string;
  /** `status`, `header <name>`, `states`, or the path in the body. */
  readonly what: string;
  readonly real: string;
  readonly pocket: string;
}

const nothing = '—';

/** Where a cloud answers a step of the scenario otherwise than the real one did. */
export function differences(real: readonly Step[], pocket: readonly Step[]): readonly Difference[] {
  const ours = new Map(pocket.map((step) => [step.name, step]));
  return real.flatMap((step) => {
    const own = ours.get(step.name);
    if (own === undefined) return [{ step: step.name, what: 'step', real: 'asked', pocket: nothing }];
    return differencesOf(step, own);
  });
}

function differencesOf(real: Step, pocket: Step): readonly Difference[] {
  const found: Difference[] = [];
  const compare = (what: string, one: string | undefined, two: string | undefined): void => {
    if (one !== two) found.push({ step: real.name, what, real: one ?? nothing, pocket: two ?? nothing });
  };
  compare('status', String(real.status), String(pocket.status));
  // Bodies of different outcomes have nothing to do with each other.
  if (real.status !== pocket.status) return found;
  for (const name of keysOf(real.headers, pocket.headers))
    compare(`header ${name}`, headerOf(real, name), headerOf(pocket, name));
  // Which states are seen on the way depends on how fast a cloud is; one the real cloud does not know would surprise clients.
  const states = real.states ?? [];
  const unknown = (pocket.states ?? []).filter((state) => !states.includes(state));
  compare('last state', states.at(-1), pocket.states?.at(-1));
  if (unknown.length > 0) compare('states', states.join(' → '), (pocket.states ?? []).join(' → '));
  for (const path of keysOf(real.shape, pocket.shape))
    if (!belowUnequal(path, real, pocket)) compare(path, real.shape[path], pocket.shape[path]);
  return found;
}

/** Whether a path lies in a list that is empty on one side, which is told once. */
function belowUnequal(path: string, real: Step, pocket: Step): boolean {
  for (let end = path.indexOf('[]'); end !== -1; end = path.indexOf('[]', end + 2)) {
    const list = path.slice(0, end);
    if (real.shape[list] !== pocket.shape[list]) return true;
  }
  return false;
}

function keysOf(one: object, two: object): readonly string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(two)])].toSorted();
}

/** A media type counts without its parameters. */
function headerOf({ headers }: Step, name: string): string | undefined {
  return name === 'content-type' ? headers[name]?.split(';')[0] : headers[name];
}
