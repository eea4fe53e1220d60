import { collectViolations, nearest, type Violation } from '@matryoshka/domain';

/** Of one project. */
export const mostMembers = 500;

/** Rules for a member that the shape of its body does not know. */
export function validateMember(
  body: unknown,
  facts: { readonly count: number; readonly issuers: readonly string[] },
): readonly Violation[] {
  return collectViolations((report) => {
    if (facts.count >= mostMembers)
      report('', 'too_many_members', `the project has ${facts.count} members; remove some, or add a group`);
    if (typeof body !== 'object' || body === null) return;
    const { issuer, kind, value } = body as Readonly<Record<string, unknown>>;
    if (typeof issuer === 'string' && !facts.issuers.includes(issuer)) {
      const known = facts.issuers.length === 0 ? 'this service has none' : `must be one of ${facts.issuers.join(', ')}`;
      report('/issuer', 'unknown_issuer', known, nearest(issuer, facts.issuers));
    }
    if (typeof value !== 'string') return;
    if (value !== value.trim()) report('/value', 'invalid_value', 'must not begin or end with a space', value.trim());
    if (kind === 'email' && !/^[^\s@]+@[^\s@]+$/.test(value))
      report('/value', 'invalid_value', 'must be an address like ann@example.com');
  });
}

/** As it is stored and compared: an address in small letters. */
export const memberValue = (kind: string, value: string): string => (kind === 'email' ? value.toLowerCase() : value);
