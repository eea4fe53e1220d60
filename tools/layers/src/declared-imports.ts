import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import type { Import, Violation } from './cruise.ts';

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const rule = 'declared-imports';
const why =
  'npm hoists every package to the root, so an undeclared import works here and breaks elsewhere: add it to the package.json of the importing package.';

/** Imports of packages that the importing workspace does not declare; tests may also use testkit and the development packages of the root. */
export async function undeclaredImports(root: string, imports: readonly Import[]): Promise<readonly Violation[]> {
  const manifests = new Map<string, Manifest>();
  const manifestOf = async (folder: string): Promise<Manifest> => {
    const known = manifests.get(folder);
    if (known !== undefined) return known;
    const manifest = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as Manifest;
    manifests.set(folder, manifest);
    return manifest;
  };
  const development = (await manifestOf('.')).devDependencies ?? {};
  const violations: Violation[] = [];
  for (const { from, specifier } of imports) {
    const wanted = packageName(specifier);
    if (wanted === undefined) continue;
    const manifest = await manifestOf(workspaceOf(from));
    const declared = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
    const devAllowed = isDevelopmentFile(from) && (wanted in development || wanted === '@matryoshka/testkit');
    if (!(wanted in declared) && wanted !== manifest.name && !devAllowed)
      violations.push({ rule, from, to: wanted, why });
  }
  return violations;
}

/** `@matryoshka/kube/x` → `@matryoshka/kube`; undefined for relative paths and Node's own modules. */
export function packageName(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('/') || specifier.startsWith('node:')) return undefined;
  if (builtinModules.includes(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function workspaceOf(path: string): string {
  const [top, name] = path.split('/');
  return top === 'test' ? 'test' : `${top}/${name}`;
}

function isDevelopmentFile(path: string): boolean {
  return /\.(test|medium|e2e)\.ts$/.test(path) || path.startsWith('tools/') || path.startsWith('test/');
}
