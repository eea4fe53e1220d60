/** A Kubernetes release. There are no others than those of major 1. */
export interface Version {
  readonly minor: number;
  readonly patch: number;
}

/** Reads `v1.36.3`; undefined for anything else, pre-releases included: none is offered. */
export function parseVersion(text: string): Version | undefined {
  const match = /^v1\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})$/.exec(text);
  return match === null ? undefined : { minor: Number(match[1]), patch: Number(match[2]) };
}

/** Negative when a is older than b, as for `Array.sort`. */
export function compareVersions(a: Version, b: Version): number {
  return a.minor - b.minor || a.patch - b.patch;
}

/** True when `a` is known to be older than `b`; what cannot be read is older than nothing. */
export function isOlder(a: string, b: string): boolean {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  return left !== undefined && right !== undefined && compareVersions(left, right) < 0;
}

/** Of these versions, the newest of a minor. */
export function newestOf(minor: number, versions: readonly string[]): string | undefined {
  return versions
    .flatMap((text) => {
      const version = parseVersion(text);
      return version?.minor === minor ? [{ text, version }] : [];
    })
    .toSorted((a, b) => compareVersions(b.version, a.version))[0]?.text;
}
