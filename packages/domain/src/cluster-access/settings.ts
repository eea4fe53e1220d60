import { parseCidr } from '../validation/cidr.ts';
import { isRecord, quote } from '../validation/kubernetes-syntax.ts';
import { collectViolations, type Report, type Violation } from '../validation/violations.ts';

/** An OpenID Connect issuer of a customer, whose people the Kubernetes API of a cluster knows. */
export interface CustomerIssuer {
  readonly name: string;
  readonly url: string;
  /** One of them must be in a token. */
  readonly audiences: readonly string[];
  readonly usernameClaim: string;
  readonly usernamePrefix: string;
  /** Null: no groups. */
  readonly groupsClaim: string | null;
  readonly groupsPrefix: string;
  /** PEM; null: the well-known authorities. */
  readonly certificateAuthority: string | null;
}

/** From where, and by whom, the Kubernetes API of a cluster may be reached. */
export interface AccessSettings {
  /** IPv4 ranges; empty: from everywhere; null: from everywhere, because the cluster is older than such ranges. */
  readonly allowedRanges: readonly string[] | null;
  readonly oidcIssuers: readonly CustomerIssuer[];
}

export const defaultAccessSettings: AccessSettings = { allowedRanges: [], oidcIssuers: [] };

/** Where kaas-api passes the keys of an issuer on to the control plane, behind the URL of the service's own issuer. */
export const customerIssuerPath = (clusterId: string, name: string): string => `/customers/${clusterId}/${name}`;

const mostRanges = 50;
const mostIssuers = 5;

/** Rules for the settings as a caller gives them. `ownIssuer` is the service's. */
export function validateAccessSettings(input: unknown, ownIssuer: string, pointer = '/access'): readonly Violation[] {
  return collectViolations((report) => {
    if (!isRecord(input)) return;
    checkRanges(report, `${pointer}/allowedRanges`, input.allowedRanges);
    checkIssuers(report, `${pointer}/oidcIssuers`, input.oidcIssuers, ownIssuer);
  });
}

function checkRanges(report: Report, pointer: string, ranges: unknown): void {
  if (!Array.isArray(ranges)) return;
  if (ranges.length > mostRanges) report(pointer, 'too_many_ranges', `must be at most ${mostRanges}`);
  ranges.forEach((range: unknown, index) => {
    if (typeof range !== 'string' || parseCidr(range) !== undefined) return;
    const isAddress = parseCidr(`${range}/32`) !== undefined;
    const suggestion = isAddress ? `${range}/32` : undefined;
    report(`${pointer}/${index}`, 'invalid_range', `${quote(range)} is no IPv4 range like 203.0.113.0/24`, suggestion);
  });
}

const nameForm = /^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$/;
/** Prefixes by which Kubernetes and the service know their own. */
const reserved = /^(system|kaas):/;

function checkIssuers(report: Report, pointer: string, issuers: unknown, ownIssuer: string): void {
  if (!Array.isArray(issuers)) return;
  if (issuers.length > mostIssuers) report(pointer, 'too_many_issuers', `must be at most ${mostIssuers}`);
  const seen = { name: new Set<unknown>(), url: new Set<unknown>([ownIssuer]) };
  issuers.forEach((issuer: unknown, index) => {
    if (!isRecord(issuer)) return;
    const at = `${pointer}/${index}`;
    checkIssuer(report, at, issuer);
    for (const member of ['name', 'url'] as const) {
      if (issuer[member] === undefined) continue;
      if (seen[member].has(issuer[member])) report(`${at}/${member}`, 'not_unique', 'is taken');
      seen[member].add(issuer[member]);
    }
  });
}

function checkIssuer(report: Report, at: string, issuer: Readonly<Record<string, unknown>>): void {
  const { name, url, usernamePrefix, groupsPrefix } = issuer;
  if (typeof name === 'string' && !nameForm.test(name))
    report(`${at}/name`, 'invalid_name', 'must be 1 to 30 of a-z, 0-9 and -, with a letter or digit at both ends');
  if (typeof url === 'string') {
    const isPlain = /^https:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(url);
    if (!isPlain) report(`${at}/url`, 'invalid_url', 'must be an https address without user, query and fragment');
  }
  for (const [member, prefix] of Object.entries({ usernamePrefix, groupsPrefix }))
    if (typeof prefix === 'string' && (prefix === '' || reserved.test(prefix)))
      report(`${at}/${member}`, 'invalid_prefix', 'must not be empty, nor begin with system: or kaas:');
}
