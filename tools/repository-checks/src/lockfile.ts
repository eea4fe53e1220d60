export interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly license?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
}

export interface Lockfile {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

/**
 * A lock file must say what is installed and not from where: a registry's host name would tie every clone to one mirror.
 * Packages with install scripts are refused too, because they run code of others during the set-up.
 */
export function lockfileProblems(lockfile: Lockfile, scriptsAllowed: readonly string[] = []): readonly string[] {
  const problems: string[] = [];
  for (const [path, entry] of Object.entries(lockfile.packages)) {
    if (!path.includes('node_modules/') || entry.link === true) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (entry.resolved !== undefined)
      problems.push(`package-lock.json: ${path} names a registry; run npm with --omit-lockfile-registry-resolved`);
    if (entry.integrity === undefined) problems.push(`package-lock.json: ${path} has no integrity hash`);
    if (entry.hasInstallScript === true && !scriptsAllowed.includes(name))
      problems.push(
        `package-lock.json: ${name} runs an install script; choose another package or allow it with a reason`,
      );
  }
  return problems;
}
