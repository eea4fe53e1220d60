/** One condition on labels, as of Kubernetes' label selectors. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent';
  /** Of `in` and `notin`. */
  readonly values: readonly string[];
}

const key = '[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?';
const value = '([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?';
const forms: readonly (readonly [RegExp, LabelRequirement['operator']])[] = [
  [new RegExp(`^!\\s*(?<key>${key})$`), 'absent'],
  [new RegExp(`^(?<key>${key})$`), 'exists'],
  [new RegExp(`^(?<key>${key})\\s*==?\\s*(?<one>${value})$`), 'in'],
  [new RegExp(`^(?<key>${key})\\s*!=\\s*(?<one>${value})$`), 'notin'],
  [new RegExp(`^(?<key>${key})\\s+in\\s*\\((?<set>[^()]*)\\)$`), 'in'],
  [new RegExp(`^(?<key>${key})\\s+notin\\s*\\((?<set>[^()]*)\\)$`), 'notin'],
];
const isValue = new RegExp(`^${value}$`);

/**
 * Reads a label selector (`env=prod,tier!=test,team in (a,b),!old`); all of it must hold. As in Kubernetes, `!=` and `notin` also hold where the label
 * is missing. Undefined: it is none. Source: Kubernetes documentation, "Labels and Selectors".
 */
export function parseSelector(text: string): readonly LabelRequirement[] | undefined {
  // A comma between brackets parts values, every other one requirements.
  const parts = text.split(/,(?![^()]*\))/).map((part) => part.trim());
  const requirements = parts.map(parseRequirement);
  return requirements.every((requirement) => requirement !== undefined) ? requirements : undefined;
}

function parseRequirement(text: string): LabelRequirement | undefined {
  for (const [form, operator] of forms) {
    const groups = form.exec(text)?.groups;
    if (groups?.key === undefined) continue;
    const { key: name, one, set } = groups;
    const values = one !== undefined ? [one] : (set?.split(',').map((word) => word.trim()) ?? []);
    return values.every((word) => isValue.test(word)) ? { key: name, operator, values } : undefined;
  }
  return undefined;
}
