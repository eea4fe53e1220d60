import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { cruiseTree } from './cruise.ts';
import { undeclaredImports } from './declared-imports.ts';
import { selfTest } from './self-test.ts';
import { typescriptFiles } from './source-files.ts';

// A check that sees nothing finds nothing: fewer modules than this mean that the check itself is broken.
const moduleFloor = 60;

const root = resolve(import.meta.dirname, '../../..');
const problems: string[] = [];

const outcome = await cruiseTree(root);
for (const violation of [...outcome.violations, ...(await undeclaredImports(root, outcome.imports))])
  problems.push(`${violation.from} -> ${violation.to}\n    ${violation.rule}: ${violation.why}`);

const onDisk = await typescriptFiles(root, ['packages', 'apps', 'tools', 'test']);
const seen = new Set(outcome.modules);
for (const file of onDisk) if (!seen.has(file)) problems.push(`${file} was not seen by the check`);
if (onDisk.length < moduleFloor) problems.push(`only ${onDisk.length} modules seen, at least ${moduleFloor} expected`);

const rules = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')) as {
  readonly forbidden: readonly { readonly name: string; readonly comment?: string }[];
};
for (const rule of rules.forbidden) if (!rule.comment) problems.push(`rule ${rule.name} does not say why`);
problems.push(...(await selfTest(root, [...rules.forbidden.map((rule) => rule.name), 'declared-imports'])));

for (const problem of problems) process.stdout.write(`layers: ${problem}\n`);
process.stdout.write(
  `layers: ${onDisk.length} modules, ${outcome.imports.length} imports, ${rules.forbidden.length + 1} rules proved by planted violations, ${problems.length} problems\n`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
