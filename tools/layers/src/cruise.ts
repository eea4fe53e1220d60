import { join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';

export interface Violation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export interface Import {
  readonly from: string;
  /** The specifier as written, for example `@matryoshka/kube` or `node:fs`. */
  readonly specifier: string;
}

export interface CruiseOutcome {
  /** Paths of our own TypeScript modules, relative to the root. */
  readonly modules: readonly string[];
  readonly imports: readonly Import[];
  readonly violations: readonly Violation[];
}

const folders = ['packages', 'apps', 'tools', 'test'] as const;

/** Reads every module under `root` and holds it against the rules of `root/.dependency-cruiser.cjs`. */
export async function cruiseTree(root: string, config = join(root, '.dependency-cruiser.cjs')): Promise<CruiseOutcome> {
  const options = await extractDepcruiseOptions(config);
  const { output } = await cruise([...folders], { ...options, baseDir: root, validate: true });
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with text instead of a result');
  return outcome(output);
}

function outcome(result: ICruiseResult): CruiseOutcome {
  const own = result.modules.filter((module) => isOwn(module.source));
  const why = new Map(result.summary.ruleSetUsed?.forbidden?.map((rule) => [rule.name, rule.comment ?? '']));
  return {
    modules: own.map((module) => module.source),
    imports: own.flatMap((module) =>
      module.dependencies.map((dependency) => ({ from: module.source, specifier: dependency.module })),
    ),
    violations: result.summary.violations.map((violation) => ({
      rule: violation.rule.name,
      from: violation.from,
      to: violation.to,
      why: why.get(violation.rule.name) ?? '',
    })),
  };
}

function isOwn(path: string): boolean {
  return (
    path.endsWith('.ts') && !path.includes('node_modules/') && folders.some((folder) => path.startsWith(`${folder}/`))
  );
}
