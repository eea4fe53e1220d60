export interface Manifest {
  readonly name?: string;
  readonly license?: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Rules for every package.json of the workspaces: licence, private, and exact versions, so that two clones are the same. */
export function manifestProblems(path: string, manifest: Manifest): readonly string[] {
  const problems: string[] = [];
  if (manifest.license !== 'Apache-2.0') problems.push(`${path}: "license" must be Apache-2.0`);
  if (manifest.private !== true) problems.push(`${path}: "private" must be true`);
  for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
    if (name.startsWith('@matryoshka/')) {
      if (version !== '*') problems.push(`${path}: ${name} is a workspace package, its version must be "*"`);
    } else if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      problems.push(`${path}: ${name} needs an exact version instead of ${version}`);
  }
  return problems;
}
